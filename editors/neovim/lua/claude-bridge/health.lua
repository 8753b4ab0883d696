--- `:checkhealth claude-bridge`.
local M = {}

local health = vim.health
--- How long the server may take to answer.
local PATIENCE = 5000

local function check_editor()
  health.start('Neovim')
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok(('Neovim %s'):format(tostring(vim.version())))
  else
    health.error('Neovim 0.11 or later is needed')
  end
  for _, language in ipairs({ 'markdown', 'markdown_inline' }) do
    if pcall(vim.treesitter.language.inspect, language) then
      health.ok(('the treesitter parser of %s is there'):format(language))
    else
      health.warn(
        ('there is no treesitter parser of %s: the chat has no colours'):format(language),
        'Neovim 0.11 comes with it; packages of distributions may leave it out'
      )
    end
  end
end

local function check_options()
  health.start('Options')
  local problems = require('claude-bridge.config').problems(vim.g.claude_bridge or {})
  for _, problem in ipairs(problems) do
    health.error(problem)
  end
  if #problems == 0 then
    health.ok('vim.g.claude_bridge is in order')
  end
end

--- Whether the built-in agent answers, which needs no account.
---@return boolean
local function is_demo()
  return vim.list_contains(require('claude-bridge.config').get().cmd, '--demo')
end

---@return boolean
local function check_program()
  health.start('The program')
  local cmd = require('claude-bridge.config').get().cmd
  local path = vim.fn.exepath(cmd[1])
  if path == '' then
    health.error(('%q is not in PATH and no program'):format(cmd[1]), {
      'install claude-bridge: `cargo install --path . --profile dist` in its repository',
      "or set its path: vim.g.claude_bridge = { cmd = { '/path/to/claude-bridge' } }",
    })
    return false
  end
  local ran, result = pcall(function()
    return vim.system({ path, '--version' }, { text = true, timeout = PATIENCE }):wait()
  end)
  if not ran or result.code ~= 0 then
    health.error(('%s --version failed'):format(path), ran and vim.trim(result.stderr) or tostring(result))
    return false
  end
  health.ok(('%s: %s'):format(path, vim.trim(result.stdout)))
  if is_demo() then
    health.info('`cmd` has --demo: the built-in agent answers, not Claude')
  end
  return true
end

--- Asks the server and waits for the answer.
---@param method string
---@return claude.Error?, any
local function ask(method)
  local answered, failure, result = false, nil, nil
  require('claude-bridge.client').request(method, {}, function(error, value)
    answered, failure, result = true, error, value
  end)
  if not vim.wait(PATIENCE, function()
    return answered
  end, 10) then
    return { message = ('no answer to %s within %d s'):format(method, PATIENCE / 1000) }
  end
  return failure, result
end

--- Methods that the plugin can do without, and what is missing then.
local optional = {
  ['session/subscribe'] = 'a chat does not follow what another editor does, and shows of old turns the messages alone',
  ['session/export'] = ':ClaudeExport',
  ['session/fork'] = ':ClaudeFork',
  ['study/list'] = ':ClaudeStudy',
}

local function check_methods()
  local client = require('claude-bridge.client')
  local missing = vim.tbl_filter(function(method)
    return not client.has(method)
  end, vim.tbl_keys(optional))
  table.sort(missing)
  for _, method in ipairs(missing) do
    health.info(('the server has no %s; not to be had: %s'):format(method, optional[method]))
  end
end

local reports = { ok = health.ok, warning = health.warn, failed = health.error }

local function check_server()
  health.start('The server')
  local client = require('claude-bridge.client')
  local failure = nil ---@type claude.Error?
  local done = false
  client.ready(function(error)
    done, failure = true, error
  end)
  local in_time = vim.wait(PATIENCE, function()
    return done
  end, 10)
  if not in_time or failure then
    local words = failure and require('claude-bridge.notify').words(failure) or 'it does not answer'
    return health.error('the server did not start: ' .. words, 'see :LspLog')
  end
  local capabilities = client.capabilities()
  health.ok(('protocol %d, modes: %s'):format(capabilities.protocolVersion, table.concat(capabilities.modes, ', ')))
  check_methods()
  if not client.has('bridge/health') then
    return
  end
  local error, result = ask('bridge/health')
  if error then
    return health.error('bridge/health: ' .. error.message)
  end
  for _, check in ipairs(result.checks) do
    local needless = check.name == 'credential' and is_demo()
    local report = not needless and reports[check.status] or health.info
    report(('%s: %s'):format(check.name, check.detail), check.status ~= 'ok' and check.hint or nil)
  end
end

function M.check()
  check_editor()
  check_options()
  if check_program() then
    check_server()
  end
end

return M

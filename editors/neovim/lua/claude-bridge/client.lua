--- The server: one for this Neovim, driven by Neovim's own LSP client. Started when it is needed, and again after it
--- died.
local notify = require('claude-bridge.notify')

local M = {}

---@class claude.Error
---@field code? integer
---@field message string
---@field hint? string
---@field data? { kind?: string, hint?: string, retryable?: boolean, turn?: claude.Turn }

---@alias claude.Answer fun(error: claude.Error?, result: any)

--- How long to wait before each new start, in milliseconds.
local BACKOFF = { 100, 500, 2000, 5000, 10000 }
--- One that lived so long was in order.
local IN_ORDER = 30000
--- How long Neovim's end waits for the server's.
local EXIT_TIMEOUT = 1500

---@type integer?
local id
---@type claude.Answer[]
local waiting = {}
---@type table<integer, claude.Answer>
local pending = {}
local requests = 0
local starts = 0
local started_at = 0
local stopping = false
local listeners = { ready = {}, exit = {} }

--- Calls `listener` whenever the server is ready, or gone.
---@param event 'ready'|'exit'
---@param listener fun()
function M.on(event, listener)
  table.insert(listeners[event], listener)
end

local function emit(event)
  for _, listener in ipairs(listeners[event]) do
    listener()
  end
end

--- The client, where the server is ready.
---@return vim.lsp.Client?
function M.get()
  local client = id and vim.lsp.get_client_by_id(id)
  return client and client.initialized and client or nil
end

--- What the server said of itself at `initialize`.
---@return claude.ServerCapabilities?
function M.capabilities()
  local client = M.get()
  local experimental = client and client.server_capabilities.experimental
  return experimental and experimental.claudeBridge --[[@as claude.ServerCapabilities?]]
end

--- Whether the server has a method; false where there is none yet.
---@param method string
---@return boolean
function M.has(method)
  local capabilities = M.capabilities()
  return capabilities ~= nil and vim.list_contains(capabilities.methods, method)
end

local function answer_all(list, error)
  for _, answer in pairs(list) do
    answer(error)
  end
end

local function on_init()
  started_at = vim.uv.now()
  local waited = waiting
  waiting = {}
  answer_all(waited)
  emit('ready')
end

--- Starts the server again after a while, where it ended by itself.
local function revive()
  starts = (vim.uv.now() - started_at > IN_ORDER) and 1 or starts + 1
  local delay = BACKOFF[starts]
  if not delay then
    return notify.problem('claude-bridge ended again and again; see :checkhealth claude-bridge')
  end
  vim.defer_fn(function()
    if not stopping then
      M.ready(function() end)
    end
  end, delay)
end

local function on_exit(code, signal)
  local was_ready = #waiting == 0
  id = nil
  local error = {
    message = ('claude-bridge ended (exit code %d, signal %d)'):format(code, signal),
    hint = 'see :checkhealth claude-bridge',
    data = { kind = 'serverExited', retryable = true },
  }
  local open, waited = pending, waiting
  pending, waiting = {}, {}
  answer_all(open, error)
  answer_all(waited, error)
  if not stopping and vim.v.exiting == vim.NIL then
    emit('exit')
    if was_ready then
      revive()
    end
  end
end

---@return vim.lsp.ClientConfig
local function lsp_config()
  local config = require('claude-bridge.config').get()
  local tools = require('claude-bridge.tools')
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = {
    -- By polling, a picker that was dismissed leaves the question open, and it can be answered later.
    claudeBridge = { permissions = 'poll', tools = config.tools and tools.definitions() or nil },
  }
  return {
    name = 'claude-bridge',
    cmd = config.cmd,
    root_dir = vim.fn.getcwd(-1, -1),
    capabilities = capabilities,
    init_options = next(config.settings) and config.settings or vim.empty_dict(),
    handlers = {
      ['$/progress'] = require('claude-bridge.progress').handler,
      ['tool/call'] = tools.handler,
    },
    flags = { exit_timeout = EXIT_TIMEOUT } --[[@as any]],
    on_init = on_init,
    on_exit = vim.schedule_wrap(on_exit),
  }
end

---@return claude.Error?
local function start()
  local config = lsp_config()
  local program = config.cmd[1]
  if vim.fn.executable(program) == 0 then
    return {
      message = ('there is no program %q'):format(program),
      hint = 'install claude-bridge, or set `cmd`: see :help claude-bridge-install',
      data = { kind = 'serverNotFound' },
    }
  end
  id = vim.lsp.start(config, {
    attach = false,
    silent = true,
    reuse_client = function()
      return false
    end,
  })
  if not id then
    return { message = ('%q could not be started'):format(program), hint = 'see :LspLog' }
  end
end

--- Calls back as soon as the server is ready, or has turned out not to become so.
---@param callback claude.Answer
function M.ready(callback)
  if M.get() then
    return callback()
  end
  table.insert(waiting, callback)
  if id then
    return
  end
  stopping = false
  local error = start()
  if error then
    local waited = waiting
    waiting = {}
    answer_all(waited, error)
  end
end

---@param error claude.Error?
local function report(error)
  if error then
    notify.error(error)
  end
end

--- Sends a request; starts the server where there is none. The answer always comes, also where the server dies.
---@param method string
---@param params table
---@param answer? claude.Answer
function M.request(method, params, answer)
  answer = answer or report
  M.ready(function(error)
    local client = M.get()
    if error or not client then
      return answer(error or { message = 'claude-bridge is not running' })
    end
    if not M.has(method) then
      return answer({
        message = ('this claude-bridge has no %s'):format(method),
        hint = 'a newer one may',
        data = { kind = 'methodNotFound' },
      })
    end
    requests = requests + 1
    local number = requests
    pending[number] = answer --[[@as claude.Answer]]
    client:request(method, next(params) and params or vim.empty_dict(), function(failure, result)
      if pending[number] then
        pending[number] = nil
        answer(failure, result)
      end
    end)
  end)
end

--- Ends the server. The next request starts it again.
function M.stop()
  local client = id and vim.lsp.get_client_by_id(id)
  stopping = true
  if client then
    client:stop()
  end
end

return M

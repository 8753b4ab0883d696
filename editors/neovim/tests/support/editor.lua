--- A Neovim of its own, with a home of its own, and the bridge in it: what a test has in place of a person's editor.
local assert = require('luassert')

local root = vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.uv.fs_realpath(debug.getinfo(1, 'S').source:sub(2)))))
local DEADLINE = 30000

---@class Editor
---@field channel integer
---@field home string Holds configuration, history and state.
---@field folder string The working folder.
local Editor = {}
Editor.__index = Editor

local M = { root = root }

---@type Editor[]
local running = {}
---@type string[]
local homes = {}

--- The program under test.
---@return string
function M.bridge()
  return assert.truthy(vim.env.CLAUDE_BRIDGE_BIN, 'CLAUDE_BRIDGE_BIN is not set: run editors/neovim/test')
    and vim.env.CLAUDE_BRIDGE_BIN
end

--- The bridge over a CLI whose speed the test sets.
---@return string[]
function M.paced()
  return { M.bridge(), '--cli', root .. '/tests/support/paced_cli.py' }
end

--- A folder that is deleted after the test.
---@return string
function M.home()
  local home = assert(vim.uv.fs_mkdtemp('/tmp/claude-nvim-XXXXXX'))
  table.insert(homes, home)
  vim.fn.mkdir(home .. '/work', 'p')
  return home
end

---@param home string
---@param options table Of the plugin.
---@return table<string, string>
function M.environment(home, options)
  return {
    HOME = home,
    XDG_CONFIG_HOME = home .. '/config',
    XDG_DATA_HOME = home .. '/data',
    XDG_STATE_HOME = home .. '/state',
    XDG_CACHE_HOME = home .. '/cache',
    XDG_RUNTIME_DIR = home,
    TMPDIR = home,
    TEST_PLUGIN = root,
    TEST_OPTIONS = vim.json.encode(vim.tbl_extend('keep', options, { cmd = { M.bridge(), '--demo' } })),
  }
end

--- Starts one.
---@param options? { home?: string, plugin?: table, arguments?: string[], environment?: table<string, string> }
---@return Editor
function M.start(options)
  options = options or {}
  local home = options.home or M.home()
  local environment = M.environment(home, options.plugin or {})
  local command = { vim.v.progpath, '--embed', '--headless', '--clean', '-u', root .. '/tests/support/init.lua' }
  vim.list_extend(command, options.arguments or {})
  local channel = vim.fn.jobstart(command, {
    rpc = true,
    cwd = home .. '/work',
    env = vim.tbl_extend('force', environment, options.environment or {}),
  })
  assert.is_true(channel > 0, 'Neovim could not be started')
  local editor = setmetatable({ channel = channel, home = home, folder = home .. '/work' }, Editor)
  table.insert(running, editor)
  editor:cmd('set columns=120 lines=40')
  return editor
end

--- Ends all that a test has started, and fails if one of them had an error that the test did not look at.
function M.stop_all()
  local errors = {}
  for _, editor in ipairs(running) do
    vim.list_extend(errors, editor.channel and editor:lua('return test.errors') or {})
    editor:stop()
  end
  running = {}
  for _, home in ipairs(homes) do
    vim.fn.delete(home, 'rf')
  end
  homes = {}
  assert.same({}, errors, 'errors that the test did not expect')
end

---@param code string
---@param ... any
---@return any
function Editor:lua(code, ...)
  return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... })
end

---@param command string
function Editor:cmd(command)
  vim.rpcrequest(self.channel, 'nvim_command', command)
end

--- Types keys, as a person does.
---@param keys string
function Editor:type(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
end

--- Waits until an expression is true, and returns what it is.
---@param expression string
---@param ... any
---@return any
function Editor:wait(expression, ...)
  local arguments = { ... }
  local value
  local came = vim.wait(DEADLINE, function()
    value = self:lua('return ' .. expression, unpack(arguments))
    return value ~= nil and value ~= false and value ~= vim.NIL
  end, 5)
  if not came then
    error(('waited in vain for %s\n%s'):format(expression, self:describe()), 2)
  end
  return value
end

--- What there is to know where something did not come.
function Editor:describe()
  local ok, said = pcall(self.lua, self, 'return test.describe()')
  return ok and said or ''
end

--- Lets Claude say all it has to say.
function Editor:idle()
  self:wait('test.is_idle()')
end

--- The lines of the chat.
---@return string[]
function Editor:lines()
  return self:lua('return vim.api.nvim_buf_get_lines(test.chat().buf, 0, -1, false)')
end

---@return string
function Editor:text()
  return table.concat(self:lines(), '\n')
end

--- Waits until the chat has a text.
---@param text string
function Editor:sees(text)
  self:wait("(table.concat(vim.api.nvim_buf_get_lines(test.chat().buf, 0, -1, false), '\\n')):find(..., 1, true)", text)
end

--- Says something and lets Claude answer.
---@param words string
function Editor:say(words)
  self:cmd('Claude ' .. words)
  self:sees(words)
  self:idle()
end

--- Waits for a question, and gives back what is asked.
---@return { prompt: string, labels: string[] }
function Editor:asked()
  return self:wait('test.asked and { prompt = test.asked.prompt, labels = test.asked.labels }')
end

--- Waits for a picker, and chooses what has the words in it.
---@param words string
---@return { prompt: string, labels: string[] }
function Editor:pick(words)
  local asked = self:asked()
  for index, label in ipairs(asked.labels or {}) do
    if label:find(words, 1, true) then
      self:lua('test.asked.choose(...)', index)
      return asked
    end
  end
  error(('%q cannot be chosen: %s'):format(words, vim.inspect(asked)), 2)
end

--- Waits for an input, and gives a text.
---@param text string
function Editor:enter(text)
  self:asked()
  self:lua('test.asked.choose(...)', text)
end

--- Leaves a picker without a choice.
function Editor:dismiss()
  self:asked()
  self:lua('test.asked.choose(nil)')
end

--- What was told by `vim.notify` since the last call.
---@return string[]
function Editor:notes()
  return self:lua('local notes = test.notes test.notes = {} test.errors = {} return notes')
end

--- Waits until something is told that has the words in it.
---@param words string
function Editor:told(words)
  self:wait("table.concat(test.notes, '\\n'):find(..., 1, true)", words)
  return table.concat(self:notes(), '\n')
end

--- Asks the server something itself.
---@param method string
---@param params table
---@return any
function Editor:request(method, params)
  self:lua(
    [[
      local method, params = ...
      test.answer = nil
      require('claude-bridge.client').request(method, params, function(error, result)
        test.answer = { error = error, result = result }
      end)
    ]],
    method,
    params
  )
  local answer = self:wait('test.answer')
  assert.is_nil(answer.error)
  return answer.result
end

--- The process number of the server.
---@return integer
function Editor:server()
  local pid = self:lua([[
    local client = require('claude-bridge.client').get()
    for _, process in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
      local info = vim.api.nvim_get_proc(process)
      if client and info and info.name:find('claude%-bridge') then return process end
    end]])
  return assert.truthy(pid, 'there is no server') and pid
end

--- Writes a file in the working folder.
---@param name string
---@param lines string[]
---@return string path
function Editor:file(name, lines)
  local path = self.folder .. '/' .. name
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  vim.fn.writefile(lines, path)
  return path
end

--- Ends it as a person does.
function Editor:stop()
  if self.channel then
    pcall(vim.rpcrequest, self.channel, 'nvim_command', 'qall!')
    vim.fn.jobwait({ self.channel }, DEADLINE)
    self.channel = nil
  end
end

--- Ends it as a crash does.
function Editor:kill()
  vim.uv.kill(vim.fn.jobpid(self.channel), 'sigkill')
  vim.fn.jobwait({ self.channel }, DEADLINE)
  self.channel = nil
end

return M

--- A terminal under tmux, on a socket of its own: what a test sees and types as a person does.
local editors = require('support.editor')

local DEADLINE = 30000

---@class Terminal
---@field socket string
local Terminal = {}
Terminal.__index = Terminal

local M = {}

---@type Terminal[]
local running = {}
local started = 0

---@param ... string
---@return string
function Terminal:tmux(...)
  local command = { 'tmux', '-S', self.socket, '-f', '/dev/null', ... }
  local result = vim.system(command, { env = { TERM = 'xterm-256color', LC_ALL = 'C.UTF-8' }, text = true }):wait()
  if result.code ~= 0 then
    error(('%s: %s'):format(table.concat(command, ' '), result.stderr), 2)
  end
  return result.stdout
end

--- Starts Neovim in a terminal.
---@param options { home: string, columns: integer, rows: integer, plugin?: table, arguments?: string[], init?: string }
---@return Terminal
function M.start(options)
  started = started + 1
  local self = setmetatable({ socket = ('%s/tmux-%d'):format(options.home, started) }, Terminal)
  local init = editors.root .. '/tests/support/' .. (options.init or 'plain.lua')
  local command = { 'env' }
  for name, value in pairs(editors.environment(options.home, options.plugin or {})) do
    table.insert(command, ('%s=%s'):format(name, value))
  end
  vim.list_extend(command, { 'COLORTERM=truecolor', vim.v.progpath, '--clean', '-u', init })
  vim.list_extend(command, options.arguments or {})
  local size = { '-x', tostring(options.columns), '-y', tostring(options.rows) }
  local folder = { '-c', options.home .. '/work' }
  self:tmux('new-session', '-d', unpack(vim.list_extend(vim.list_extend(size, folder), command)))
  table.insert(running, self)
  return self
end

--- Leaves Neovim as a person does, so that its server and the bridge end too, and waits for that.
---@param terminal Terminal
local function leave(terminal)
  local pid = vim.trim(terminal:tmux('display-message', '-p', '#{pane_pid}'))
  local servers = vim.api.nvim_get_proc_children(tonumber(pid) --[[@as integer]])
  terminal:tmux('send-keys', 'Escape', 'Escape', ':qall!', 'Enter')
  vim.wait(DEADLINE, function()
    return not vim.iter(servers):any(function(server)
      return vim.uv.kill(server, 0) == 0
    end)
  end, 10)
end

function M.stop_all()
  for _, terminal in ipairs(running) do
    pcall(leave, terminal)
    pcall(terminal.tmux, terminal, 'kill-server')
  end
  running = {}
end

--- Types keys by tmux' names: 'Enter', 'Escape'; all else as it is.
---@param ... string
function Terminal:type(...)
  self:tmux('send-keys', ...)
end

---@return string
function Terminal:screen()
  return self:tmux('capture-pane', '-p')
end

--- With colours.
---@return string
function Terminal:coloured()
  return self:tmux('capture-pane', '-p', '-e')
end

--- Waits until the screen has a text.
---@param text string
---@return string screen
function Terminal:sees(text)
  local screen = ''
  local came = vim.wait(DEADLINE, function()
    screen = self:screen()
    return screen:find(text, 1, true) ~= nil
  end, 20)
  if not came then
    error(('waited in vain for %q on the screen:\n%s'):format(text, screen), 2)
  end
  return screen
end

return M

--- `:ClaudeMode [mode]`: sets what Claude may do in this session.
local client = require('claude-bridge.client')
local here = require('claude-bridge.commands.here')
local notify = require('claude-bridge.notify')

local M = {}

local meanings = {
  user = 'asks before it does what the rules do not allow',
  power = 'does everything without asking',
}

---@return string[]
local function modes()
  local capabilities = client.capabilities()
  return capabilities and capabilities.modes or { 'user' }
end

---@param lead string
---@return string[]
function M.complete(lead)
  return here.beginning(modes(), lead)
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    local function set(mode)
      if mode then
        here.change(chat, 'session/setMode', { mode = mode })
      end
    end
    if call.args ~= '' then
      return set(call.args)
    end
    if #modes() == 1 then
      return notify.info('There is one mode: user. Power mode has to be enabled: :help claude-bridge-power')
    end
    vim.ui.select(modes(), {
      prompt = ('The mode is %s'):format(chat.session.mode),
      kind = 'claude-mode',
      format_item = function(mode)
        return meanings[mode] and ('%s: %s'):format(mode, meanings[mode]) or mode
      end,
    }, set)
  end)
end

return M

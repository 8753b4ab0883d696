--- `:ClaudeInterrupt[!]`: ends the turn; with `!`, the messages that wait behind it too.
local M = {}

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  require('claude-bridge.commands.here').with_session(function(chat)
    chat:interrupt(call.bang)
  end)
end

return M

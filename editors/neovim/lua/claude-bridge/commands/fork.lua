--- `:ClaudeFork [title]`: a new session that goes on from here.
local here = require('claude-bridge.commands.here')

local M = {}

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    local params = { sessionId = chat.session.id, title = call.args ~= '' and call.args or nil }
    require('claude-bridge.client').request('session/fork', params, function(error, result)
      if error then
        return require('claude-bridge.notify').error(error)
      end
      require('claude-bridge.chat.window').close(chat)
      require('claude-bridge.chat.window').enter(require('claude-bridge.chat').open(result.session.id))
    end)
  end)
end

return M

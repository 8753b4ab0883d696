--- `:ClaudeCompact`: has the conversation summarised, to make room.
local M = {}

function M.run()
  require('claude-bridge.commands.here').with_session(function(chat)
    chat:compact()
  end)
end

return M

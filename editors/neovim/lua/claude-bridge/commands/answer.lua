--- `:ClaudeAnswer`: asks again what was dismissed.
local M = {}

function M.run()
  if not require('claude-bridge.permission').ask_again() then
    require('claude-bridge.notify').info('Claude asks nothing')
  end
end

return M

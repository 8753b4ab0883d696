--- What stands at the end of a turn that was not completed.
local blocks = require('claude-bridge.chat.blocks')
local notify = require('claude-bridge.notify')

local M = {}

---@return claude.Block
function M.interrupted()
  return blocks.note('warning', '**Interrupted.** The next message goes on from here.')
end

---@param turn claude.Turn
---@return claude.Block
local function failed(turn)
  return blocks.note('error', turn.error and '**Failed:** ' .. notify.words(turn.error) or '**The turn failed.**')
end

local endings = {
  interrupted = M.interrupted,
  failed = failed,
  maxTurns = function()
    return blocks.note('warning', "**Stopped:** the session's limit of requests was reached.")
  end,
  refused = function()
    return blocks.note('warning', '**Refused:** the model does not want to answer this.')
  end,
}

--- Nil where Claude had said what it had to say, and where a newer server says something else.
---@param turn claude.Turn
---@return claude.Block?
function M.of(turn)
  local ending = endings[turn.stopReason]
  return ending and ending(turn)
end

return M

--- What the person is told outside of the chat.
local M = {}

local function say(level)
  return function(text)
    vim.notify(text, level, { title = 'Claude' })
  end
end

M.info = say(vim.log.levels.INFO)
M.warn = say(vim.log.levels.WARN)
M.problem = say(vim.log.levels.ERROR)

--- An error of the server's in a line, with its hint.
---@param error claude.Error|claude.ErrorData
---@return string
function M.words(error)
  local data = type(error.data) == 'table' and error.data or {}
  local hint = data.hint or error.hint
  return hint and ('%s (%s)'):format(error.message, hint) or error.message
end

---@param error claude.Error
function M.error(error)
  M.problem(M.words(error))
end

return M

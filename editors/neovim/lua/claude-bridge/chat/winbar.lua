--- The line above the chat: what the session is called, and what it may do and does.
local text = require('claude-bridge.chat.text')

local M = {}

---@param said string
---@return string
local function literal(said)
  return (said:gsub('%%', '%%%%'))
end

--- What the session may do and does; with highlighting, and as wide as it is.
---@param chat claude.Chat
---@return string
local function facts(chat)
  local session = chat.session --[[@as claude.Session]]
  local parts = {}
  if chat:read_only() then
    parts[#parts + 1] = '%#ClaudeWarning#read-only%*'
  end
  parts[#parts + 1] = session.mode == 'power' and '%#ClaudePower# POWER %*' or session.mode
  parts[#parts + 1] = session.studyId and literal(session.studyId)
  parts[#parts + 1] = session.model and literal(session.model)
  parts[#parts + 1] = session.costUsd > 0 and text.cost(session.costUsd) or nil
  parts[#parts + 1] = session.state
  return table.concat(parts, ' · ')
end

---@param chat claude.Chat
---@param width integer
---@return string
function M.text(chat, width)
  if not chat.session then
    return '%#ClaudeTitle# Claude '
  end
  local said = facts(chat)
  local taken = vim.fn.strdisplaywidth((said:gsub('%%#%w+#', ''):gsub('%%%*', '')))
  local title = text.shorten(chat:title(), math.max(8, width - taken - 4))
  return ('%%#ClaudeTitle# %s %%*%%=%s '):format(literal(title), said)
end

---@param chat claude.Chat
function M.refresh(chat)
  for _, window in ipairs(vim.fn.win_findbuf(chat.buf)) do
    local winbar = M.text(chat, vim.api.nvim_win_get_width(window))
    if vim.wo[window].winbar ~= winbar then
      vim.wo[window][0].winbar = winbar
    end
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'ClaudeBridgeStatus', modeline = false })
end

return M

--- The line above the chat: what the session is called, and what it may do and does.
local text = require('claude-bridge.chat.text')

local M = {}

---@param said string
---@return string
local function literal(said)
  return (said:gsub('%%', '%%%%'))
end

--- How wide the title is at least, and what is around it.
local TITLE, AROUND = 8, 4

---@param said string
---@return integer
local function shown_width(said)
  return vim.fn.strdisplaywidth((said:gsub('%%#%w+#', ''):gsub('%%%*', ''):gsub('%%%%', '%%')))
end

---@class claude.Fact
---@field said string|false|nil
---@field least? integer Left out where there is little room; the lowest first.

--- What the session may do and does; with highlighting. Where there is no room for all, what matters least is left out.
---@param chat claude.Chat
---@param room integer
---@return string
local function facts(chat, room)
  local session = chat.session --[[@as claude.Session]]
  local is_power = session.mode == 'power'
  ---@type claude.Fact[]
  local all = {
    { said = chat:read_only() and '%#ClaudeWarning#read-only%*' },
    { said = is_power and '%#ClaudePower# POWER %*' or session.mode, least = not is_power and 3 or nil },
    { said = session.studyId and literal(session.studyId) },
    { said = session.model and literal(session.model), least = 2 },
    { said = session.costUsd > 0 and text.cost(session.costUsd), least = 1 },
    { said = session.state },
  }
  for left_out = 0, 3 do
    local parts = {}
    for _, fact in ipairs(all) do
      if fact.said and (fact.least or math.huge) > left_out then
        parts[#parts + 1] = fact.said
      end
    end
    local said = table.concat(parts, ' · ')
    if left_out == 3 or shown_width(said) <= room then
      return said
    end
  end
  return ''
end

---@param chat claude.Chat
---@param width integer
---@return string
function M.text(chat, width)
  if not chat.session then
    return '%#ClaudeTitle# Claude '
  end
  local said = facts(chat, width - TITLE - AROUND)
  local title = text.shorten(chat:title(), math.max(TITLE, width - shown_width(said) - AROUND))
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

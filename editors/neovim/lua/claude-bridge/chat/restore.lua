--- What a session of Neovim's (:mksession) keeps of a chat: `:edit claude://ID` fills its window again; of its input
--- there is an empty buffer with its name, which a real one has to replace.
local chats = require('claude-bridge.chat')
local window = require('claude-bridge.chat.window')

local M = {}

--- Inputs that are none.
---@return integer[]
local function left_over()
  return vim.tbl_filter(function(buf)
    return vim.bo[buf].buftype == '' and vim.startswith(vim.api.nvim_buf_get_name(buf), 'claude-prompt://')
  end, vim.api.nvim_list_bufs())
end

--- Opens the inputs anew. What was written there and not sent is not kept.
function M.all()
  local inputs = left_over()
  if #inputs == 0 then
    return
  end
  local was_writing = vim.list_contains(inputs, vim.api.nvim_get_current_buf())
  for _, buf in ipairs(inputs) do
    vim.api.nvim_buf_delete(buf, { force = true })
  end
  for _, chat in ipairs(chats.all()) do
    for _, shown in ipairs(vim.fn.win_findbuf(chat.buf)) do
      local input = window.restore(chat, shown)
      if was_writing then
        vim.api.nvim_set_current_win(input)
      end
    end
  end
end

return M

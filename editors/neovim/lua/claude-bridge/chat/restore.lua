--- What a session of Neovim's (:mksession) keeps of a chat: `:edit claude://ID` fills its window again; of its input
--- there is an empty buffer with its name, which a real one has to replace.
local chats = require('claude-bridge.chat')
local names = require('claude-bridge.chat.names')
local window = require('claude-bridge.chat.window')

local M = {}

--- Opens the inputs anew. What was written there and not sent is not kept.
function M.all()
  local inputs = vim.tbl_filter(names.is_left_of_input, vim.api.nvim_list_bufs())
  if #inputs == 0 then
    return
  end
  local was_writing = vim.list_contains(inputs, vim.api.nvim_get_current_buf())
  for _, buf in ipairs(inputs) do
    vim.api.nvim_buf_delete(buf, { force = true })
  end
  for _, chat in ipairs(chats.all()) do
    names.refresh(chat)
    for _, shown in ipairs(vim.fn.win_findbuf(chat.buf)) do
      local input = window.restore(chat, shown)
      if was_writing then
        vim.api.nvim_set_current_win(input)
      end
    end
  end
end

return M

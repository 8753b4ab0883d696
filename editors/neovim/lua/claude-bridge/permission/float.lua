--- A window over the others that shows what a question is about. The cursor stays where it is.
local M = {}

---@param title string
---@param lines string[] Markdown.
---@return claude.PermissionView
function M.show(title, lines)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].bufhidden = 'wipe'
  require('claude-bridge.chat.colours').set_filetype(buf)
  vim.bo[buf].modifiable = false
  local width = 40
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line) + 2)
  end
  width = math.min(width, math.floor(vim.o.columns * 0.8))
  local height = math.min(#lines, math.floor(vim.o.lines * 0.5))
  local window = vim.api.nvim_open_win(buf, false, {
    relative = 'editor',
    width = width,
    height = math.max(height, 1),
    row = math.max(1, math.floor((vim.o.lines - height) / 3)),
    col = math.floor((vim.o.columns - width) / 2),
    style = 'minimal',
    border = 'rounded',
    title = (' %s '):format(require('claude-bridge.chat.text').shorten(title, width - 4)),
    focusable = true,
    zindex = 60,
  })
  vim.wo[window].wrap = true
  vim.wo[window].linebreak = true
  vim.wo[window].conceallevel = 2
  vim.wo[window].concealcursor = 'nvic'
  return {
    close = function()
      if vim.api.nvim_win_is_valid(window) then
        vim.api.nvim_win_close(window, true)
      end
    end,
  }
end

return M

--- Shows a file at a line. The cursor of whoever is typing stays where it is.
local editor = require('claude-bridge.tools.editor')

---@type claude.Tool
local M = {
  definition = {
    name = 'open_file',
    description = 'Shows a file in the editor, at a line.',
    inputSchema = editor.schema({
      path = { type = 'string', description = 'Absolute, or relative to the working folder.' },
      line = { type = 'integer', minimum = 1, description = 'The line, from 1.' },
      column = { type = 'integer', minimum = 1, description = 'The column in characters, from 1.' },
    }, { 'path' }),
  },
  run = function(arguments)
    local path = vim.fn.fnamemodify(arguments.path, ':p')
    if vim.fn.filereadable(path) == 0 then
      error(('there is no file %s'):format(path), 0)
    end
    local buf = vim.fn.bufadd(path)
    vim.fn.bufload(buf)
    vim.bo[buf].buflisted = true
    local window = editor.window()
    if not window then
      window = vim.api.nvim_open_win(buf, false, { win = -1, split = 'left' })
    end
    vim.api.nvim_win_set_buf(window, buf)
    local line = math.min(arguments.line or 1, vim.api.nvim_buf_line_count(buf))
    local text = vim.api.nvim_buf_get_lines(buf, line - 1, line, false)[1]
    local column = vim.str_byteindex(text, 'utf-32', (arguments.column or 1) - 1, false)
    vim.api.nvim_win_set_cursor(window, { line, column })
    vim.api.nvim_win_call(window, function()
      vim.cmd('normal! zvzz')
    end)
    return ('%s is shown at line %d'):format(path, line)
  end,
}

return M

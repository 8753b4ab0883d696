--- The files that are open.
local editor = require('claude-bridge.tools.editor')

---@type claude.Tool
local M = {
  definition = {
    name = 'buffers',
    description = 'The files that are open in the editor, and which of them have changes that are not saved.',
    annotations = { readOnlyHint = true },
    inputSchema = editor.schema({}),
  },
  run = function()
    local window = editor.window()
    local current = window and vim.api.nvim_win_get_buf(window)
    local told = {}
    for _, info in ipairs(vim.fn.getbufinfo({ buflisted = 1 })) do
      local path = editor.path(info.bufnr)
      if path then
        told[#told + 1] = {
          path = path,
          line = info.lnum,
          modified = info.changed == 1,
          visible = #info.windows > 0,
          current = info.bufnr == current,
        }
      end
    end
    return vim.json.encode({ buffers = told })
  end,
}

return M

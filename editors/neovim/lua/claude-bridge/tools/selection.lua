--- What the person has selected, or where the cursor is.
local editor = require('claude-bridge.tools.editor')

--- The area that is selected now, or was last: two positions as `getpos` has them.
---@return { type: string, from: integer[], to: integer[] }?
local function selected()
  local mode = vim.fn.mode()
  if mode == 'v' or mode == 'V' or mode == '\22' then
    return { type = mode, from = vim.fn.getpos('v'), to = vim.fn.getpos('.') }
  end
  local from, to = vim.fn.getpos("'<"), vim.fn.getpos("'>")
  if from[2] > 0 and to[2] > 0 then
    return { type = vim.fn.visualmode(), from = from, to = to }
  end
end

---@type claude.Tool
local M = {
  definition = {
    name = 'selection',
    description = 'The file that the person works in, the cursor, and the text that is selected or was selected last.',
    annotations = { readOnlyHint = true },
    inputSchema = editor.schema({}),
  },
  run = function()
    local window = editor.window()
    if not window then
      error('no file is open', 0)
    end
    local buf = vim.api.nvim_win_get_buf(window)
    local cursor = vim.api.nvim_win_get_cursor(window)
    local told = { path = editor.path(buf), cursor = { line = cursor[1], column = cursor[2] + 1 } }
    vim.api.nvim_win_call(window, function()
      local area = selected()
      if area then
        local lines = vim.fn.getregion(area.from, area.to, { type = area.type })
        local first, last = math.min(area.from[2], area.to[2]), math.max(area.from[2], area.to[2])
        told.selection = { firstLine = first, lastLine = last, text = table.concat(lines, '\n') }
      end
    end)
    return vim.json.encode(told)
  end,
}

return M

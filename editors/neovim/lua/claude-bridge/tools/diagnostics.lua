--- What language servers and linters say.
local editor = require('claude-bridge.tools.editor')

local MOST = 200
local severities = { 'error', 'warning', 'information', 'hint' }

---@type claude.Tool
local M = {
  definition = {
    name = 'diagnostics',
    description = 'What language servers and linters say of a file, or of all files that are open.',
    annotations = { readOnlyHint = true },
    inputSchema = editor.schema({
      path = { type = 'string', description = 'The file; absent: all that are open.' },
    }),
  },
  run = function(arguments)
    local buf ---@type integer?
    if arguments.path then
      buf = vim.fn.bufnr('^' .. vim.fn.fnameescape(vim.fn.fnamemodify(arguments.path, ':p')) .. '$')
      if buf == -1 then
        error(('%s is not open; open it first'):format(arguments.path), 0)
      end
    end
    local found = vim.diagnostic.get(buf)
    local told = {}
    for index = 1, math.min(#found, MOST) do
      local diagnostic = found[index]
      told[index] = {
        path = editor.path(diagnostic.bufnr),
        line = diagnostic.lnum + 1,
        column = diagnostic.col + 1,
        severity = severities[diagnostic.severity],
        message = diagnostic.message,
        source = diagnostic.source,
        code = diagnostic.code,
      }
    end
    return vim.json.encode({ diagnostics = told, total = #found })
  end,
}

return M

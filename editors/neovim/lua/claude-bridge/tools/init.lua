--- What Claude can use of the editor. Declared at `initialize`, asked for by `tool/call`; one tool a file.
local M = {}

---@class claude.Tool
---@field definition { name: string, description: string, inputSchema: table, annotations?: table }
---@field run fun(arguments: table): string What Claude is told; an error is told as one.

local names = { 'open_file', 'selection', 'diagnostics', 'buffers' }

---@return claude.Tool[]
local function all()
  return vim.tbl_map(function(name)
    return require('claude-bridge.tools.' .. name)
  end, names)
end

---@return table[]
function M.definitions()
  return vim.tbl_map(function(tool)
    return tool.definition
  end, all())
end

---@param text string
---@param is_error? boolean
---@return table
local function result(text, is_error)
  return { content = { { type = 'text', text = text } }, isError = is_error or nil }
end

--- Runs a tool.
---@param name string
---@param arguments table
---@return table
function M.call(name, arguments)
  for _, tool in ipairs(all()) do
    if tool.definition.name == name then
      local ok, said = pcall(tool.run, arguments)
      return result(ok and said or tostring(said):gsub('^.-:%d+: ', ''), not ok)
    end
  end
  return result(('this editor has no tool %q'):format(name), true)
end

---@type lsp.Handler
function M.handler(_, params)
  return M.call(params.name, type(params.arguments) == 'table' and params.arguments or {})
end

return M

--- How a tool call and its result look in the chat, as lines of Markdown.
local text = require('claude-bridge.chat.text')

local M = {}

--- More of an output than this is not shown: it would make the buffer slow, and nobody reads it here.
local MAX_LINES = 400
local MAX_WIDTH = 2000
local TITLE = 100

---@param lines string[]
---@return string[]
local function bounded(lines)
  local shown = {}
  for index, line in ipairs(lines) do
    if index > MAX_LINES then
      shown[#shown + 1] = ('… %d more lines'):format(#lines - MAX_LINES)
      break
    end
    shown[index] = #line > MAX_WIDTH and vim.fn.strcharpart(line, 0, MAX_WIDTH) .. '…' or line
  end
  return shown
end

---@param path? string
---@return string?
local function language(path)
  return type(path) == 'string' and vim.filetype.match({ filename = path }) or nil
end

---@param old string
---@param new string
---@return string[]
local function diff(old, new)
  local function whole(part)
    return (part == '' or vim.endswith(part, '\n')) and part or part .. '\n'
  end
  local patch = vim.diff(whole(old), whole(new), { ctxlen = 3 }) --[[@as string]]
  return text.fenced(bounded(text.lines(vim.trim(patch))), 'diff')
end

---@type table<string, fun(input: table): string[]>
local inputs = {
  Bash = function(input)
    return text.fenced(bounded(text.lines(input.command)), 'sh')
  end,
  Edit = function(input)
    return diff(input.old_string, input.new_string)
  end,
  MultiEdit = function(input)
    local lines = {}
    for _, edit in ipairs(input.edits) do
      vim.list_extend(lines, diff(edit.old_string, edit.new_string))
    end
    return lines
  end,
  Write = function(input)
    return text.fenced(bounded(text.lines(input.content)), language(input.file_path))
  end,
  ExitPlanMode = function(input)
    return text.lines(input.plan)
  end,
  Read = function()
    return {}
  end,
}

--- The arguments, by the tool's own form where they have it.
---@param name string
---@param input any
---@return string[]
function M.input(name, input)
  local known = inputs[name]
  local fits, lines = pcall(known or error, input)
  if fits then
    return lines
  end
  if type(input) ~= 'table' or not next(input) then
    return {}
  end
  return text.fenced(bounded(text.lines(vim.json.encode(input))), 'json')
end

--- What the tool said, as text: a string, or the text of content blocks.
---@param content any
---@return string
function M.said(content)
  if type(content) == 'string' then
    return content
  end
  local parts = {}
  for _, block in ipairs(type(content) == 'table' and content or {}) do
    parts[#parts + 1] = type(block) == 'table' and (block.text or ('[%s]'):format(block.type or '?')) or tostring(block)
  end
  return table.concat(parts, '\n')
end

---@param content any
---@return string[]
function M.result(content)
  local said = vim.trim((M.said(content):gsub('\27%[[%d;]*m', '')))
  if said == '' then
    return {}
  end
  return text.fenced(bounded(text.lines(said)))
end

--- A title for a call that has none: `Read src/main.rs`.
---@param name string
---@param input any
---@return string
function M.title(name, input)
  local subject = type(input) == 'table'
      and (input.command or input.file_path or input.path or input.pattern or input.url or input.description)
    or nil
  if type(subject) ~= 'string' then
    return (name:gsub('^mcp__(.-)__', '%1: '))
  end
  local relative = vim.fn.fnamemodify(subject, ':.')
  return ('%s %s'):format(name == 'Bash' and 'Run' or name, input.command or relative)
end

---@param title string
---@return string
function M.header(title)
  return text.code(title, TITLE)
end

return M

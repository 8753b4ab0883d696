--- From messages to blocks of lines: what is put into a buffer, without touching one.
local text = require('claude-bridge.chat.text')
local tool = require('claude-bridge.chat.tool')

local M = {}

---@class claude.Block
---@field kind 'role'|'text'|'thinking'|'tool'|'note'
---@field lines string[] The last one is empty: it separates this block from the next.
---@field id? string The message, or the tool call.
---@field role? 'user'|'assistant'
---@field at? string When it was said.
---@field ok? boolean Of a tool: whether it succeeded; nil while it is at work.
---@field level? 'info'|'warning'|'error'

---@param role 'user'|'assistant'
---@param at? string
---@return claude.Block
function M.role(role, at)
  return { kind = 'role', role = role, at = at, lines = { role == 'user' and '# You' or '# Claude', '' } }
end

---@param id string?
---@param said string
---@return claude.Block
function M.text(id, said)
  local trimmed = (said:gsub('%s+$', ''))
  local lines = text.lines(trimmed)
  lines[#lines + 1] = text.open_fence(trimmed)
  lines[#lines + 1] = ''
  return { kind = 'text', id = id, lines = lines }
end

---@param id string
---@param thought string
---@return claude.Block
function M.thinking(id, thought)
  local lines = { '*Thinking*' }
  for _, line in ipairs(text.lines((thought:gsub('%s+$', '')))) do
    lines[#lines + 1] = '> ' .. line
  end
  lines[#lines + 1] = ''
  return { kind = 'thinking', id = id, lines = lines }
end

---@param id string
---@param name string
---@param input any
---@param title? string
---@param nested? boolean Whether an agent that Claude sent made the call.
---@return claude.Block
function M.tool(id, name, input, title, nested)
  local header = tool.header((nested and '↳ ' or '') .. (title or tool.title(name, input)))
  local lines = { header }
  vim.list_extend(lines, tool.input(name, input))
  if #lines == 1 then
    -- A fold grows with its text only where that is put between two of its lines.
    lines[2] = ''
  end
  lines[#lines + 1] = ''
  return { kind = 'tool', id = id, lines = lines }
end

---@param level 'info'|'warning'|'error'
---@param said string
---@return claude.Block
function M.note(level, said)
  local lines = {}
  for _, line in ipairs(text.lines(vim.trim(said))) do
    lines[#lines + 1] = '> ' .. line
  end
  lines[#lines + 1] = ''
  return { kind = 'note', level = level, lines = lines }
end

--- What the person sent beside words, in a line: `@src/main.rs:3-9`.
---@param block claude.ContentBlock
---@return string
function M.attachment(block)
  if block.type == 'image' then
    return '`[picture]`'
  end
  local range = ''
  if block.range then
    local last = block.range['end']
    local end_line = last.character == 0 and last.line > block.range.start.line and last.line or last.line + 1
    range = (':%d-%d'):format(block.range.start.line + 1, end_line)
  end
  return ('`@%s%s`'):format(vim.fn.fnamemodify(block.path, ':.'), range)
end

--- Marks in the words what stands for a file that goes along, and takes it out of the list.
---@param words string
---@param attached string[]
---@return string
local function marked(words, attached)
  return (
    words:gsub('`?@[^%s`]+', function(word)
      for index, reference in ipairs(attached) do
        local name = reference:gsub('`', '')
        local rest = vim.startswith(word, name) and word:sub(#name + 1)
        if rest and rest:match('^%p*$') then
          table.remove(attached, index)
          return reference .. rest
        end
      end
    end)
  )
end

--- What the person said; the files first that are not named in the words, then the words.
---@param message claude.Message
---@return claude.Block
function M.said_by_person(message)
  local attached, words = {}, {}
  for _, block in ipairs(message.content) do
    if block.type == 'text' then
      words[#words + 1] = block.text
    elseif block.type == 'file' or block.type == 'image' then
      attached[#attached + 1] = M.attachment(block)
    end
  end
  local said = marked(table.concat(words, '\n\n'), attached)
  local parts = { said }
  if #attached > 0 then
    table.insert(parts, 1, table.concat(attached, ' '))
  end
  return M.text(message.id, table.concat(parts, '\n\n'))
end

--- Whether a message is a person's word, not a tool's answer.
---@param message claude.Message
---@return boolean
function M.is_persons(message)
  return message.role == 'user'
    and not message.parentToolUseId
    and vim.iter(message.content):any(function(block)
      return block.type ~= 'toolResult'
    end)
end

---@param block claude.Block
---@param content any
---@param is_error boolean
function M.add_result(block, content, is_error)
  block.ok = not is_error
  table.remove(block.lines)
  vim.list_extend(block.lines, tool.result(content))
  block.lines[#block.lines + 1] = ''
end

---@class claude.BlockBuilder
---@field blocks claude.Block[]
---@field role? string
---@field tools table<string, claude.Block>

---@param builder claude.BlockBuilder
---@param message claude.Message
local function add_part(builder, message, part)
  local blocks = builder.blocks
  if part.type == 'toolResult' then
    local call = builder.tools[part.toolUseId]
    if call then
      M.add_result(call, part.content, part.isError)
    end
    return
  end
  if builder.role ~= 'assistant' then
    blocks[#blocks + 1] = M.role('assistant', message.createdAt)
    builder.role = 'assistant'
  end
  if part.type == 'text' then
    blocks[#blocks + 1] = M.text(message.id, part.text)
  elseif part.type == 'thinking' then
    blocks[#blocks + 1] = M.thinking(message.id, part.text)
  elseif part.type == 'toolUse' then
    local call = M.tool(part.toolUseId, part.name, part.input, nil, message.parentToolUseId ~= nil)
    builder.tools[part.toolUseId] = call
    blocks[#blocks + 1] = call
  end
end

--- The blocks of messages, oldest first.
---@param messages claude.Message[]
---@return claude.Block[]
function M.of_messages(messages)
  ---@type claude.BlockBuilder
  local builder = { blocks = {}, tools = {} }
  for _, message in ipairs(messages) do
    if M.is_persons(message) then
      table.insert(builder.blocks, M.role('user', message.createdAt))
      table.insert(builder.blocks, M.said_by_person(message))
      builder.role = 'user'
    else
      for _, part in ipairs(message.content) do
        add_part(builder, message, part)
      end
    end
  end
  -- What has no answer in the history never got one.
  for _, call in pairs(builder.tools) do
    if call.ok == nil then
      call.ok = false
    end
  end
  return builder.blocks
end

return M

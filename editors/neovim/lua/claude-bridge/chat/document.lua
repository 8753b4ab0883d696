--- The chat's buffer: blocks, one after the other, and an empty last line, where the spinner is. All changes to the
--- text are made here.
local blocks = require('claude-bridge.chat.blocks')
local folds = require('claude-bridge.chat.folds')
local text = require('claude-bridge.chat.text')
local tool = require('claude-bridge.chat.tool')

local namespace = vim.api.nvim_create_namespace('claude-bridge-chat')

--- A text that is being written. The marks move with the buffer.
---@class claude.Item
---@field thinking boolean
---@field first integer The mark of its beginning.
---@field last integer The mark of its end.
---@field parts string[]
---@field bytes integer

---@class claude.ToolMarks
---@field header integer The mark of its first line.
---@field tail integer The mark of its last, empty line.
---@field done boolean

---@class claude.Document
---@field buf integer
---@field private items table<string, claude.Item>
---@field private tools table<string, claude.ToolMarks>
---@field private messages table<string, integer> Marks of messages, by id.
---@field private turn_heading? integer The mark of Claude's last heading.
---@field private closed { tools: boolean, thinking: boolean }
---@field role? 'user'|'assistant' Who spoke last.
---@field private last? claude.Block['kind'] What is at the end.
---@field private note? string The note that is at the end.
local Document = {}
Document.__index = Document

---@param buf integer
---@return claude.Document
function Document.new(buf)
  local config = require('claude-bridge.config').get()
  local self = setmetatable({ buf = buf, closed = config.folds }, Document)
  self:clear()
  return self
end

function Document:clear()
  self.items, self.tools, self.messages = {}, {}, {}
  self.role, self.turn_heading, self.last, self.note = nil, nil, nil, nil
  vim.api.nvim_buf_clear_namespace(self.buf, namespace, 0, -1)
  folds.clear(self.buf)
  self:edit(function()
    vim.api.nvim_buf_set_lines(self.buf, 0, -1, false, { '' })
  end)
end

--- Twice: the first time Neovim may still count with the lines that it has shown before.
local function to_bottom()
  vim.cmd('normal! zbzb')
end

--- Shows the end of the text, with as much before it as there is room for.
---@param window integer
function Document.show_end(window)
  local buf = vim.api.nvim_win_get_buf(window)
  vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(buf), 0 })
  vim.api.nvim_win_call(window, to_bottom)
end

--- Makes changes. Windows whose cursor is in the last line stay there; all others stay where they are.
---@param change fun()
function Document:edit(change)
  local buf = self.buf
  local last = vim.api.nvim_buf_line_count(buf)
  local following = {}
  for _, window in ipairs(vim.fn.win_findbuf(buf)) do
    if vim.api.nvim_win_get_cursor(window)[1] >= last then
      following[#following + 1] = window
    end
  end
  vim.bo[buf].modifiable = true
  local ok, problem = xpcall(change, debug.traceback)
  vim.bo[buf].modifiable = false
  vim.bo[buf].modified = false
  for _, window in ipairs(following) do
    Document.show_end(window)
  end
  if not ok then
    error(problem, 0)
  end
end

---@param row integer
---@param options vim.api.keyset.set_extmark
---@return integer
function Document:mark(row, options)
  return vim.api.nvim_buf_set_extmark(self.buf, namespace, row, 0, options)
end

---@param mark integer
---@return integer row
---@return integer column
function Document:at(mark)
  local position = vim.api.nvim_buf_get_extmark_by_id(self.buf, namespace, mark, {})
  return position[1], position[2]
end

---@param kind claude.Block['kind']
---@return boolean
function Document:folds(kind)
  return (kind == 'tool' and self.closed.tools) or (kind == 'thinking' and self.closed.thinking) or false
end

local icons = {
  running = { '● ', 'ClaudeToolRunning' },
  done = { '✔ ', 'ClaudeToolDone' },
  failed = { '✘ ', 'ClaudeToolFailed' },
}

---@param ok boolean?
---@return vim.api.keyset.set_extmark
local function tool_mark(ok)
  local icon = ok == nil and icons.running or ok and icons.done or icons.failed
  return { virt_text = { icon }, virt_text_pos = 'inline', right_gravity = false, priority = 200 }
end

---@type table<claude.Block['kind'], fun(document: claude.Document, block: claude.Block, row: integer)>
local decorate = {
  role = function(document, block, row)
    local you = block.role == 'user'
    local badge = you and ' You ' or ' Claude '
    local group = you and 'ClaudeYou' or 'ClaudeClaude'
    document:mark(row, { virt_text = { { badge, group } }, virt_text_pos = 'overlay', priority = 200 })
    local aside = block.at and { { text.clock(block.at), 'ClaudeAside' } } or nil
    local mark = document:mark(row, { virt_text = aside, virt_text_pos = 'right_align', right_gravity = false })
    if not you then
      document.turn_heading = mark
    end
  end,
  tool = function(document, block, row)
    local header = document:mark(row, tool_mark(block.ok))
    document:mark(row, { end_col = #block.lines[1], hl_group = 'ClaudeTool', priority = 150 })
    if block.ok == nil then
      local tail = document:mark(row + #block.lines - 1, {})
      document.tools[block.id] = { header = header, tail = tail, done = false }
    end
  end,
  thinking = function(document, block, row)
    document:mark(
      row,
      { virt_text = { { '✻ ', 'ClaudeThinking' } }, virt_text_pos = 'inline', right_gravity = false }
    )
    document:mark(row, { end_col = #block.lines[1], hl_group = 'ClaudeThinking', priority = 150 })
  end,
  note = function(document, block, row)
    local groups = { info = 'ClaudeInfo', warning = 'ClaudeWarning', error = 'ClaudeError' }
    document:mark(row, {
      end_row = row + #block.lines - 1,
      hl_group = groups[block.level] or 'ClaudeInfo',
      priority = 150,
    })
  end,
  text = function(document, block, row)
    if block.id then
      document.messages[block.id] = document:mark(row, { right_gravity = false })
    end
  end,
}

---@param kind? claude.Block['kind']
---@return boolean
local function is_foldable(kind)
  return kind == 'tool' or kind == 'thinking'
end

--- Puts blocks before a row, within an `edit`. The empty line at the end of what is folded is folded too, so that calls
--- stand close; what follows them gets another one.
---@param row integer
---@param list claude.Block[]
---@param before? claude.Block['kind'] What is before them.
---@return integer row Of the last one.
function Document:insert(row, list, before)
  local lines, ranges, rows = {}, {}, {}
  for index, block in ipairs(list) do
    if is_foldable(before) and not is_foldable(block.kind) then
      lines[#lines + 1] = ''
    end
    before = block.kind
    rows[index] = row + #lines
    vim.list_extend(lines, block.lines)
    if self:folds(block.kind) then
      ranges[#ranges + 1] = { rows[index], row + #lines - 1 }
    end
  end
  if row == 0 and is_foldable(before) then
    lines[#lines + 1] = ''
  end
  vim.api.nvim_buf_set_lines(self.buf, row, row, false, lines)
  for index, block in ipairs(list) do
    decorate[block.kind](self, block, rows[index])
  end
  folds.add(self.buf, ranges)
  return rows[#rows]
end

--- Puts blocks at the end, within an `edit`.
---@private
---@param list claude.Block[]
---@return integer row Of the last one.
function Document:insert_last(list)
  local row = self:insert(vim.api.nvim_buf_line_count(self.buf) - 1, list, self.last)
  self.last = list[#list].kind
  return row
end

--- Puts a block at the end, within an `edit`.
---@param block claude.Block
---@return integer row
function Document:append(block)
  self.note = nil
  return self:insert_last({ block })
end

--- Puts a note at the end, within an `edit`, unless it is there already: one trouble may be told by several events.
---@param block claude.Block
function Document:append_note(block)
  local note = table.concat(block.lines, '\n')
  if self.last ~= 'note' or self.note ~= note then
    self:append(block)
    self.note = note
  end
end

--- Puts older messages before all others.
---@param list claude.Block[]
function Document:prepend(list)
  if #list == 0 then
    return
  end
  local heading = self.turn_heading
  self:edit(function()
    self:insert(0, list)
  end)
  self.turn_heading = heading or self.turn_heading
end

--- Puts the newest messages of the history at the end.
---@param list claude.Block[]
function Document:extend(list)
  if #list == 0 then
    return
  end
  self:edit(function()
    self:insert_last(list)
  end)
  for index = #list, 1, -1 do
    if list[index].kind == 'role' then
      self.role = list[index].role
      break
    end
  end
end

--- Says who speaks, where it is not who spoke before.
---@param role 'user'|'assistant'
---@param at? string
function Document:speaker(role, at)
  if self.role ~= role or role == 'user' then
    self:append(blocks.role(role, at))
    self.role = role
  end
end

---@param id string
---@param thinking boolean
---@return claude.Item
function Document:begin(id, thinking)
  local block = thinking and blocks.thinking(id, '') or blocks.text(id, '')
  local row = self:append(block) + (thinking and 1 or 0)
  local column = thinking and 2 or 0
  local item = {
    thinking = thinking,
    first = vim.api.nvim_buf_set_extmark(self.buf, namespace, row, column, { right_gravity = false }),
    last = vim.api.nvim_buf_set_extmark(self.buf, namespace, row, column, { right_gravity = true }),
    parts = {},
    bytes = 0,
  }
  self.items[id] = item
  return item
end

---@param item claude.Item
---@param said string
---@return string[]
local function as_lines(item, said)
  local lines = text.lines(said)
  if item.thinking then
    for index = 2, #lines do
      lines[index] = '> ' .. lines[index]
    end
  end
  return lines
end

--- Appends to a text that is being written. What is there already, by its offset, is left out.
---@param id string
---@param thinking boolean
---@param offset integer
---@param said string
function Document:write(id, thinking, offset, said)
  local item = self.items[id] or self:begin(id, thinking)
  if offset < item.bytes then
    said = said:sub(item.bytes - offset + 1)
  end
  if said == '' then
    return
  end
  item.parts[#item.parts + 1] = said
  item.bytes = math.max(offset, item.bytes) + #said
  local row, column = self:at(item.last)
  vim.api.nvim_buf_set_text(self.buf, row, column, row, column, as_lines(item, said))
end

--- Takes what is empty off the end of a text, and closes the fence that it leaves open.
---@param item claude.Item
---@param said string
function Document:tidy(item, said)
  local first = self:at(item.first)
  local row, column = self:at(item.last)
  local trimmed = said:gsub('%s+$', '')
  local surplus = #text.lines(said) - #text.lines(trimmed)
  if trimmed ~= said and row - surplus >= first then
    local last = row - surplus
    local line = vim.api.nvim_buf_get_lines(self.buf, last, last + 1, false)[1]
    vim.api.nvim_buf_set_text(self.buf, last, #line:gsub('%s+$', ''), row, column, { '' })
    row = last
  end
  local fence = not item.thinking and text.open_fence(trimmed)
  if fence then
    vim.api.nvim_buf_set_lines(self.buf, row + 1, row + 1, false, { fence })
  end
end

--- Ends a text: what was written is replaced only where it is not what it should be.
---@param id string
---@param said? string Absent: what was written stands.
function Document:finish(id, said)
  local item = self.items[id]
  if not item then
    return
  end
  local written = table.concat(item.parts)
  if said and said ~= written then
    local row, column = self:at(item.first)
    local end_row, end_column = self:at(item.last)
    vim.api.nvim_buf_set_text(self.buf, row, column, end_row, end_column, as_lines(item, said))
  end
  self:tidy(item, said or written)
  vim.api.nvim_buf_del_extmark(self.buf, namespace, item.first)
  vim.api.nvim_buf_del_extmark(self.buf, namespace, item.last)
  self.items[id] = nil
end

--- A whole message of Claude's: ends the text that was being written under its id.
---@param message claude.Message
function Document:message(message)
  for _, part in ipairs(message.content) do
    if part.type == 'text' or part.type == 'thinking' then
      if self.items[message.id] then
        self:finish(message.id, part.text)
      elseif part.text ~= '' then
        self:append(
          part.type == 'text' and blocks.text(message.id, part.text) or blocks.thinking(message.id, part.text)
        )
      end
    end
  end
end

---@param id string
---@param content any
---@param is_error boolean
---@param cut? integer How many bytes are left out.
function Document:result(id, content, is_error, cut)
  local marks = self.tools[id]
  if not marks or marks.done then
    return
  end
  marks.done = true
  local lines = tool.result(content)
  if cut then
    lines[#lines + 1] = ('*%d bytes more*'):format(cut)
  end
  local row = self:at(marks.tail) - 1
  local column = #vim.api.nvim_buf_get_lines(self.buf, row, row + 1, false)[1]
  table.insert(lines, 1, '')
  vim.api.nvim_buf_set_text(self.buf, row, column, row, column, lines)
  self:settle(marks, not is_error)
end

---@private
---@param marks claude.ToolMarks
---@param ok boolean
function Document:settle(marks, ok)
  local options = tool_mark(ok)
  options.id = marks.header
  local row, column = self:at(marks.header)
  vim.api.nvim_buf_set_extmark(self.buf, namespace, row, column, options)
end

--- Ends whatever is open: the turn is over.
function Document:close_all()
  for id in pairs(self.items) do
    self:finish(id)
  end
  for _, marks in pairs(self.tools) do
    if not marks.done then
      self:settle(marks, false)
    end
  end
  self.tools = {}
end

--- Shows in Claude's heading what the turn came to.
---@param turn claude.Turn
function Document:total(turn)
  if not self.turn_heading then
    return
  end
  local row = self:at(self.turn_heading)
  local said = ('%.1f s'):format(turn.durationMs / 1000)
  if turn.costUsd > 0 then
    said = ('%s  %s'):format(text.cost(turn.costUsd), said)
  end
  self:mark(row, {
    id = self.turn_heading,
    virt_text = { { said, 'ClaudeAside' } },
    virt_text_pos = 'right_align',
    right_gravity = false,
  })
end

--- The row where a message begins.
---@param id string
---@return integer?
function Document:row_of(id)
  local mark = self.messages[id]
  return mark and (self:at(mark))
end

return Document

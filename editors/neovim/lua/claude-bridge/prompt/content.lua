--- From what was typed to what is sent: `@file` and `@file:3-9` become file blocks.
local blocks = require('claude-bridge.chat.blocks')

local M = {}

--- The buffer that has a file, where it is loaded and not written.
---@param path string
---@return integer?
local function unsaved(path)
  local buf = vim.fn.bufnr('^' .. vim.fn.fnameescape(path) .. '$')
  return buf ~= -1 and vim.api.nvim_buf_is_loaded(buf) and vim.bo[buf].modified and buf or nil
end

---@param first integer From one.
---@param last integer Inclusive.
---@return claude.Range
local function range(first, last)
  return { start = { line = first - 1, character = 0 }, ['end'] = { line = last, character = 0 } }
end

--- A file, or some of its lines; the text of it where the editor has it in another form than the disk.
---@param path string
---@param first? integer
---@param last? integer
---@return claude.ContentBlock
function M.file(path, first, last)
  local block = { type = 'file', path = vim.fn.fnamemodify(path, ':p') }
  if first then
    block.range = range(first, last or first)
  end
  local buf = unsaved(block.path)
  if buf then
    local lines = vim.api.nvim_buf_get_lines(buf, first and first - 1 or 0, first and (last or first) or -1, false)
    block.text = table.concat(lines, '\n') .. '\n'
  end
  return block
end

--- What stands for a block in a text: `@src/main.rs:3-9`.
---@param block claude.ContentBlock
---@return string
function M.reference(block)
  return (blocks.attachment(block):gsub('`', ''))
end

---@param word string `@src/main.rs:3-9`
---@return claude.ContentBlock?
local function referred(word)
  local path, first, last = word:match('^@(.-):(%d+)%-?(%d*)$')
  path = path or word:sub(2)
  if path == '' or vim.fn.filereadable(path) == 0 then
    return
  end
  return M.file(path, tonumber(first), tonumber(last))
end

--- The content of a message.
---@param text string
---@param attachments? table<string, claude.ContentBlock> Blocks by their reference.
---@return string|claude.ContentBlock[]
function M.of(text, attachments)
  local files, seen = {}, {}
  for word in text:gmatch('@%S+') do
    local reference = word:gsub('[,.;!?)]+$', '')
    local block = not seen[reference] and ((attachments or {})[reference] or referred(reference))
    if block then
      seen[reference] = true
      files[#files + 1] = block
    end
  end
  if #files == 0 then
    return text
  end
  table.insert(files, { type = 'text', text = text })
  return files
end

--- What is selected, exact to the character where it was selected so.
---@param call vim.api.keyset.create_user_command.command_args
---@return claude.ContentBlock
function M.selection(call)
  local buf = vim.api.nvim_get_current_buf()
  local name = vim.api.nvim_buf_get_name(buf)
  local path = name ~= '' and vim.fn.fnamemodify(name, ':p') or '[No Name]'
  local from, to = vim.api.nvim_buf_get_mark(buf, '<'), vim.api.nvim_buf_get_mark(buf, '>')
  local characterwise = vim.fn.visualmode() == 'v' and from[1] == call.line1 and to[1] == call.line2
  if characterwise then
    local first, last = vim.fn.getpos("'<"), vim.fn.getpos("'>")
    local lines = vim.fn.getregion(first, last, { type = 'v' })
    local first_line = vim.fn.getline(call.line1) --[[@as string]]
    local last_line = vim.fn.getline(call.line2) --[[@as string]]
    local stop = math.min(to[2], #last_line)
    stop = stop + #vim.fn.strpart(last_line, stop, 1, 1)
    return {
      type = 'file',
      path = path,
      range = {
        start = { line = call.line1 - 1, character = vim.str_utfindex(first_line, 'utf-16', from[2], false) },
        ['end'] = { line = call.line2 - 1, character = vim.str_utfindex(last_line, 'utf-16', stop, false) },
      },
      text = table.concat(lines, '\n'),
    }
  end
  local lines = vim.api.nvim_buf_get_lines(buf, call.line1 - 1, call.line2, false)
  return {
    type = 'file',
    path = path,
    range = range(call.line1, call.line2),
    text = table.concat(lines, '\n') .. '\n',
  }
end

return M

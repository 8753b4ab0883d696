--- The input of a chat: a buffer of several lines, whose text becomes a message.
local content = require('claude-bridge.prompt.content')
local history = require('claude-bridge.prompt.history')
local names = require('claude-bridge.chat.names')

local namespace = vim.api.nvim_create_namespace('claude-bridge-prompt')
local PLACEHOLDER = 'Message Claude   / commands   @ files'

---@class claude.Prompt
---@field buf integer
---@field chat claude.Chat
---@field attachments table<string, claude.ContentBlock> Selections, by what stands for them in the text.
---@field private at integer Where in the history it is; 0: in what is being written.
---@field private draft string[]
local Prompt = {}
Prompt.__index = Prompt

local M = {}

---@param chat claude.Chat
---@return integer
local function new_buffer(chat)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.b[buf].claude_bridge_chat = chat.buf
  vim.bo[buf].buftype = 'acwrite'
  vim.bo[buf].bufhidden = 'hide'
  vim.bo[buf].swapfile = false
  vim.bo[buf].filetype = 'claude-prompt'
  vim.bo[buf].omnifunc = "v:lua.require'claude-bridge.prompt.complete'.omnifunc"
  vim.bo[buf].completeopt = 'menuone,noinsert,noselect'
  vim.treesitter.language.register('markdown', 'claude-prompt')
  require('claude-bridge.chat.colours').start(buf)
  return buf
end

---@param prompt claude.Prompt
local function watch(prompt)
  local group = 'claude-bridge'
  local buf = prompt.buf
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = buf,
    callback = function(event)
      prompt:changed()
      if event.event == 'TextChangedI' and require('claude-bridge.config').get().complete then
        require('claude-bridge.prompt.complete').offer(prompt)
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWriteCmd', {
    group = group,
    buffer = buf,
    desc = 'Writing the input sends it',
    callback = function()
      prompt:send()
    end,
  })
  vim.api.nvim_create_autocmd('BufFilePre', {
    group = group,
    desc = 'Leave the name to a session of Neovim that gives it to a window',
    callback = function(event)
      if not vim.api.nvim_buf_is_valid(buf) then
        return true
      end
      if vim.g.SessionLoad == 1 and event.buf ~= buf then
        names.yield(buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = buf,
    callback = function()
      prompt.chat.prompt = nil
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = prompt.chat.buf,
    callback = function()
      vim.schedule(function()
        pcall(vim.api.nvim_buf_delete, buf, { force = true })
      end)
    end,
  })
end

--- The input of a chat; made where there is none.
---@param chat claude.Chat
---@return claude.Prompt
function M.of(chat)
  if not chat.prompt then
    local buf = new_buffer(chat)
    chat.prompt = setmetatable({ buf = buf, chat = chat, attachments = {}, at = 0, draft = {} }, Prompt)
    names.refresh(chat)
    watch(chat.prompt)
    require('claude-bridge.keys').prompt(chat.prompt)
    chat.prompt:changed()
    require('claude-bridge.prompt.files').refresh()
  end
  return chat.prompt
end

--- Sets the options of a window that shows it.
---@param window integer
function Prompt.dress(_, window)
  local options = {
    winfixheight = true,
    wrap = true,
    linebreak = true,
    number = false,
    relativenumber = false,
    signcolumn = 'no',
    foldcolumn = '0',
    spell = false,
    list = false,
    cursorline = false,
    conceallevel = 0,
    fillchars = 'eob: ',
    winbar = '',
    winhighlight = 'EndOfBuffer:Normal',
  }
  if vim.o.laststatus ~= 3 then
    options.statusline = " %{%v:lua.require'claude-bridge.prompt'.hint()%}"
  end
  for name, value in pairs(options) do
    vim.wo[window][0][name] = value
  end
end

--- What the line under the input says: how to send.
---@return string
function M.hint()
  local keys = require('claude-bridge.config').get().keys or {}
  local insert = vim.api.nvim_get_mode().mode == 'i'
  local key = insert and keys.send_insert or keys.send
  return ('%s sends'):format(key and not (insert and not keys.send_insert) and key or ':w')
end

---@return string[]
function Prompt:lines()
  return vim.api.nvim_buf_get_lines(self.buf, 0, -1, false)
end

---@return boolean
function Prompt:is_empty()
  return vim.trim(table.concat(self:lines(), '\n')) == ''
end

---@param lines string[]
function Prompt:set(lines)
  vim.api.nvim_buf_set_lines(self.buf, 0, -1, false, lines)
  self:changed()
  for _, window in ipairs(vim.fn.win_findbuf(self.buf)) do
    vim.api.nvim_win_set_cursor(window, { #lines, #lines[#lines] })
  end
end

--- Adapts to what was typed: the hint, and the height of the window.
function Prompt:changed()
  vim.bo[self.buf].modified = false
  vim.api.nvim_buf_clear_namespace(self.buf, namespace, 0, -1)
  local lines = self:lines()
  if #lines == 1 and lines[1] == '' then
    vim.api.nvim_buf_set_extmark(self.buf, namespace, 0, 0, {
      virt_text = { { PLACEHOLDER, 'ClaudePlaceholder' } },
      virt_text_pos = 'overlay',
    })
  end
  local least = require('claude-bridge.config').get().window.prompt_height
  for _, window in ipairs(vim.fn.win_findbuf(self.buf)) do
    local height = math.max(least, math.min(least * 3, vim.api.nvim_win_text_height(window, {}).all))
    if vim.api.nvim_win_get_height(window) ~= height then
      vim.api.nvim_win_set_height(window, height)
    end
  end
end

--- Adds a reference to a file or a selection, which goes along with the message.
---@param block claude.ContentBlock
function Prompt:attach(block)
  local reference = content.reference(block)
  self.attachments[reference] = block
  local lines = self:lines()
  local last = lines[#lines]
  lines[#lines] = (last == '' and '' or last:gsub('%s*$', ' ')) .. reference .. ' '
  self:set(lines)
end

--- Sends what is written, where there is anything.
function Prompt:send()
  if self:is_empty() then
    return
  end
  local lines = self:lines()
  local text = vim.trim(table.concat(lines, '\n'))
  if not self.chat:send(content.of(text, self.attachments)) then
    return
  end
  history.add(text)
  self.at, self.draft, self.attachments = 0, {}, {}
  self:set({ '' })
  local window = require('claude-bridge.chat.window').of(self.chat)
  if window then
    self.chat.document.show_end(window)
  end
end

--- Whether a key is to move the cursor rather than through the history.
---@private
---@param step integer
---@return boolean
function Prompt:moves(step)
  local row = vim.api.nvim_win_get_cursor(0)[1]
  return (step < 0 and row > 1) or (step > 0 and row < vim.api.nvim_buf_line_count(self.buf))
end

--- Puts the message before, or after, in place of what is written.
---@param step -1|1
---@param key? string What else the key does.
function Prompt:recall(step, key)
  if self:moves(step) and key then
    return vim.api.nvim_feedkeys(vim.keycode(key), 'n', false)
  end
  local messages = history.all()
  local at = self.at - step
  if at < 0 or at > #messages then
    return
  end
  if self.at == 0 then
    self.draft = self:lines()
  end
  self.at = at
  local lines = at == 0 and self.draft or vim.split(messages[#messages - at + 1], '\n', { plain = true })
  self:set(#lines > 0 and lines or { '' })
end

return M

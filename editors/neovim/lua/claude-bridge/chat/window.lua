--- Where a chat is shown: its buffer in a window, its input in another one below.
local config = require('claude-bridge.config')
local folds = require('claude-bridge.chat.folds')
local keys = require('claude-bridge.keys')

local M = {}

local splits = { right = 'right', left = 'left', above = 'above', below = 'below' }

--- Options of the window that shows the chat.
local look = {
  wrap = true,
  linebreak = true,
  breakindent = true,
  smoothscroll = true,
  number = false,
  relativenumber = false,
  signcolumn = 'no',
  foldcolumn = '0',
  foldmethod = 'manual',
  foldenable = true,
  foldtext = '',
  fillchars = 'fold: ,eob: ',
  conceallevel = 2,
  concealcursor = 'nc',
  spell = false,
  list = false,
  cursorline = false,
}

---@param chat claude.Chat
---@param window integer
local function dress(chat, window)
  for name, value in pairs(look) do
    vim.wo[window][0][name] = value
  end
  if vim.o.laststatus ~= 3 then
    vim.wo[window][0].statusline = ' Claude%=%P '
  end
  folds.restore(window, chat.buf)
  require('claude-bridge.chat.winbar').refresh(chat)
end

--- Adapts to another size of a window: its end is shown again where it was shown.
---@param chat claude.Chat
---@param window integer
local function fit(chat, window)
  if not vim.api.nvim_win_is_valid(window) or vim.api.nvim_win_get_buf(window) ~= chat.buf then
    return
  end
  require('claude-bridge.chat.winbar').refresh(chat)
  if vim.api.nvim_win_get_cursor(window)[1] == vim.api.nvim_buf_line_count(chat.buf) then
    chat.document.show_end(window)
  end
end

--- Cares for the windows that get the chat's buffer, whoever opens them.
---@param chat claude.Chat
function M.attach(chat)
  vim.api.nvim_create_autocmd('BufWinEnter', {
    group = 'claude-bridge',
    buffer = chat.buf,
    callback = function()
      dress(chat, vim.api.nvim_get_current_win())
    end,
  })
  vim.api.nvim_create_autocmd('WinResized', {
    group = 'claude-bridge',
    callback = function()
      if not vim.api.nvim_buf_is_valid(chat.buf) then
        return true
      end
      for _, window in ipairs(vim.v.event.windows) do
        fit(chat, window)
      end
    end,
  })
  keys.chat(chat)
end

--- The window of the chat in this tab page.
---@param chat claude.Chat
---@return integer?
function M.of(chat)
  local window = vim.fn.bufwinid(chat.buf)
  return window ~= -1 and window or nil
end

---@param size number
---@param whole integer
---@return integer
local function measure(size, whole)
  return math.max(10, math.floor(size < 1 and size * whole or size))
end

--- A window of this tab page for which something holds of its buffer and the chat that this belongs to.
---@param is_it fun(buf: integer, chat: claude.Chat): boolean
---@return integer?
local function find(is_it)
  return vim.iter(vim.api.nvim_tabpage_list_wins(0)):find(function(window)
    local buf = vim.api.nvim_win_get_buf(window)
    local chat = require('claude-bridge.chat').of(buf)
    return chat ~= nil and is_it(buf, chat)
  end)
end

---@param buf integer
---@param chat claude.Chat
---@return boolean
local function is_chat(buf, chat)
  return chat.buf == buf
end

--- Whether it is the input of a chat that is not shown any more.
---@param buf integer
---@param chat claude.Chat
---@return boolean
local function is_lone_input(buf, chat)
  return chat.buf ~= buf and M.of(chat) == nil
end

---@param chat claude.Chat
---@return integer
local function open_chat(chat)
  local options = config.get().window
  local taken = find(is_chat)
  if taken then
    vim.api.nvim_win_set_buf(taken, chat.buf)
    return taken
  end
  if options.position == 'tab' then
    vim.cmd('tab sbuffer ' .. chat.buf)
    return vim.api.nvim_get_current_win()
  end
  local upright = options.position == 'right' or options.position == 'left'
  return vim.api.nvim_open_win(chat.buf, false, {
    win = -1,
    split = splits[options.position] or 'right',
    width = upright and measure(options.size, vim.o.columns) or nil,
    height = not upright and measure(options.size, vim.o.lines) or nil,
  })
end

---@param chat claude.Chat
---@param window integer
local function open_prompt(chat, window)
  local prompt = require('claude-bridge.prompt').of(chat)
  local shown = vim.fn.bufwinid(prompt.buf)
  if shown ~= -1 then
    return shown
  end
  local taken = find(is_lone_input)
  if taken then
    vim.api.nvim_win_set_buf(taken, prompt.buf)
    prompt:dress(taken)
    return taken
  end
  local below = vim.api.nvim_open_win(prompt.buf, false, {
    win = window,
    split = 'below',
    height = config.get().window.prompt_height,
  })
  prompt:dress(below)
  vim.api.nvim_create_autocmd('WinClosed', {
    group = 'claude-bridge',
    pattern = tostring(window),
    once = true,
    callback = function()
      vim.schedule(function()
        local is_there = vim.api.nvim_win_is_valid(below)
        local is_input = is_there and vim.bo[vim.api.nvim_win_get_buf(below)].filetype == 'claude-prompt'
        if is_input and #vim.api.nvim_tabpage_list_wins(0) > 1 then
          vim.api.nvim_win_close(below, true)
        end
      end)
    end,
  })
  return below
end

--- Shows the chat and its input, in this tab page.
---@param chat claude.Chat
---@return integer chat's window
---@return integer input's window
function M.open(chat)
  local window = M.of(chat) or open_chat(chat)
  dress(chat, window)
  local below = open_prompt(chat, window)
  chat.document.show_end(window)
  return window, below
end

--- Makes a window that has the chat's buffer look as it should, with the input below.
---@param chat claude.Chat
---@param window integer
---@return integer input's window
function M.restore(chat, window)
  dress(chat, window)
  return open_prompt(chat, window)
end

--- Shows the chat and goes to its input.
---@param chat claude.Chat
function M.enter(chat)
  local _, below = M.open(chat)
  vim.api.nvim_set_current_win(below)
end

--- Hides the chat.
---@param chat claude.Chat
function M.close(chat)
  local window = M.of(chat)
  if window and #vim.api.nvim_tabpage_list_wins(0) > (chat.prompt and 2 or 1) then
    vim.api.nvim_win_close(window, true)
  elseif window then
    vim.cmd.enew()
  end
end

--- Shows a message of the chat.
---@param chat claude.Chat
---@param message_id string
function M.jump(chat, message_id)
  local window = M.of(chat)
  local row = chat.document:row_of(message_id)
  if window and row then
    vim.api.nvim_set_current_win(window)
    vim.api.nvim_win_set_cursor(window, { row + 1, 0 })
    vim.cmd('normal! zvzz')
  end
  return row ~= nil
end

return M

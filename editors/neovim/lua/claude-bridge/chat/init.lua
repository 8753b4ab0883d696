--- The chats of this Neovim, by buffer and by session.
local M = {}

---@type table<integer, claude.Chat>
local by_buffer = {}
---@type integer?
local last_used

local watching = false

--- From the first chat on: what becomes of the server concerns all of them.
local function watch()
  if watching then
    return
  end
  watching = true
  require('claude-bridge.chat.highlights').define()
  local client = require('claude-bridge.client')
  local function each(method)
    return function()
      for _, chat in pairs(by_buffer) do
        chat[method](chat)
      end
    end
  end
  client.on('exit', each('disconnected'))
  client.on('exit', require('claude-bridge.permission').clear)
  client.on('ready', each('reconnected'))
  vim.api.nvim_create_autocmd('VimLeavePre', { group = 'claude-bridge', callback = each('close') })
  vim.api.nvim_create_autocmd('ColorScheme', {
    group = 'claude-bridge',
    callback = require('claude-bridge.chat.highlights').define,
  })
end

---@param chat claude.Chat
local function forget(chat)
  by_buffer[chat.buf] = nil
  if last_used == chat.buf then
    last_used = next(by_buffer)
  end
  chat:close()
end

---@param buf integer
local function prepare(buf)
  -- Never written, but one whose name counts: :mksession keeps it by `:edit`, and not as a window without a file.
  vim.bo[buf].buftype = 'nowrite'
  vim.bo[buf].bufhidden = 'hide'
  vim.bo[buf].swapfile = false
  vim.bo[buf].undolevels = -1
  vim.bo[buf].modifiable = false
  require('claude-bridge.chat.colours').set_filetype(buf)
end

--- Makes a buffer a chat's.
---@param buf integer
---@return claude.Chat
local function adopt(buf)
  watch()
  prepare(buf)
  local chat = require('claude-bridge.chat.chat').new(buf)
  by_buffer[buf] = chat
  last_used = buf
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = 'claude-bridge',
    buffer = buf,
    callback = function()
      forget(chat)
    end,
  })
  vim.api.nvim_create_autocmd('BufEnter', {
    group = 'claude-bridge',
    buffer = buf,
    callback = function()
      last_used = buf
    end,
  })
  require('claude-bridge.chat.window').attach(chat)
  return chat
end

--- The chat of a buffer: its own, or the one whose input it is.
---@param buf integer
---@return claude.Chat?
function M.of(buf)
  return by_buffer[vim.b[buf].claude_bridge_chat or buf]
end

--- The chat of this buffer, or the one that was used last.
---@return claude.Chat?
function M.current()
  return M.of(vim.api.nvim_get_current_buf()) or by_buffer[last_used]
end

---@param session_id string
---@return claude.Chat?
function M.of_session(session_id)
  for _, chat in pairs(by_buffer) do
    if chat.session and chat.session.id == session_id then
      return chat
    end
  end
end

--- A chat in a new session.
---@param params? table Of `session/create`.
---@return claude.Chat
function M.new(params)
  local chat = adopt(vim.api.nvim_create_buf(false, true))
  chat:create(params)
  return chat
end

---@return claude.Chat
function M.current_or_new()
  return M.current() or M.new()
end

--- The chat of a session.
---@param session_id string
---@return claude.Chat
function M.open(session_id)
  local chat = M.of_session(session_id)
  if not chat then
    local buf = require('claude-bridge.chat.names').find(session_id) or vim.fn.bufadd('claude://' .. session_id)
    vim.fn.bufload(buf)
    if not by_buffer[buf] then
      -- It has the name already, and nothing of the chat: a session of Neovim's left it.
      M.read(buf, session_id)
    end
    chat = by_buffer[buf]
  end
  last_used = chat.buf
  return chat
end

--- Shows a chat in the windows of a buffer that has another name of its session: its title has changed since.
---@param buf integer
---@param chat claude.Chat
local function show_instead(buf, chat)
  if not vim.api.nvim_buf_is_valid(buf) or not vim.api.nvim_buf_is_valid(chat.buf) then
    return
  end
  for _, window in ipairs(vim.fn.win_findbuf(buf)) do
    vim.api.nvim_win_set_buf(window, chat.buf)
  end
  vim.api.nvim_buf_delete(buf, { force = true })
end

--- Fills a buffer whose name is a session's: after `:edit claude://ID`, or when an editor's session is restored.
---@param buf integer
---@param session_id string
function M.read(buf, session_id)
  local chat, same = by_buffer[buf], M.of_session(session_id)
  if chat then
    require('claude-bridge.chat.history').rebuild(chat)
  elseif same then
    vim.schedule(function()
      show_instead(buf, same)
    end)
  else
    adopt(buf):open(session_id)
  end
end

--- All of them.
---@return claude.Chat[]
function M.all()
  return vim.tbl_values(by_buffer)
end

return M

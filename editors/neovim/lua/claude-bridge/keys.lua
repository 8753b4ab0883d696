--- Keys in the plugin's own buffers. There are none elsewhere: for those see the <Plug> maps.
local M = {}

---@return claude.Keys
local function configured()
  return require('claude-bridge.config').get().keys or {}
end

---@param buf integer
---@param modes string|string[]
---@param key string|false|nil
---@param desc string
---@param action fun()|string
local function map(buf, modes, key, desc, action)
  if key then
    vim.keymap.set(modes, key, action, { buffer = buf, desc = desc, nowait = true, silent = true })
  end
end

---@param chat claude.Chat
function M.chat(chat)
  local keys = configured()
  local window = require('claude-bridge.chat.window')
  map(chat.buf, 'n', keys.prompt, 'Go to the input', function()
    window.enter(chat)
    vim.cmd.startinsert({ bang = true })
  end)
  map(chat.buf, 'n', keys.close, 'Hide the chat', function()
    window.close(chat)
  end)
  map(chat.buf, 'n', keys.interrupt, 'Interrupt the turn', function()
    chat:interrupt(false)
  end)
end

---@param prompt claude.Prompt
function M.prompt(prompt)
  local keys = configured()
  local buf = prompt.buf
  local function send()
    prompt:send()
  end
  map(buf, 'n', keys.send, 'Send the message', send)
  map(buf, 'i', keys.send_insert, 'Send the message', send)
  map(buf, 'n', keys.interrupt, 'Interrupt the turn', function()
    prompt.chat:interrupt(false)
  end)
  map(buf, { 'n', 'i' }, keys.previous, 'The message before', function()
    prompt:recall(-1, keys.previous)
  end)
  map(buf, { 'n', 'i' }, keys.next, 'The message after', function()
    prompt:recall(1, keys.next)
  end)
end

return M

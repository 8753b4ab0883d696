--- `:Claude [text]`: opens the chat; sends the text. With a range, the lines go along as a file block.
local chats = require('claude-bridge.chat')
local content = require('claude-bridge.prompt.content')
local window = require('claude-bridge.chat.window')

local M = {}

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  local block = call.range > 0 and content.selection(call) or nil
  local text = vim.trim(call.args)
  local chat = call.bang and chats.new() or chats.current_or_new()
  if text == '' then
    window.enter(chat)
    if block then
      require('claude-bridge.prompt').of(chat):attach(block)
    end
    return
  end
  window.open(chat)
  if block then
    chat:send({ block, { type = 'text', text = text } })
  else
    chat:send(content.of(text))
  end
end

return M

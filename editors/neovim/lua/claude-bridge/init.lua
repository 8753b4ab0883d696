--- Claude in Neovim, through claude-bridge. The few functions that configurations call; all else is commands.
local M = {}

--- Sets options: the same as `vim.g.claude_bridge = options`. The plugin works without it.
---@param options? claude.Options
function M.setup(options)
  require('claude-bridge.config').set(options or {})
end

--- What a statusline can show: '' where there is no chat.
---@return string
function M.status()
  return package.loaded['claude-bridge.chat'] and require('claude-bridge.status').text() or ''
end

--- The same in parts, of the chat that was used last.
---@return claude.State?
function M.state()
  return package.loaded['claude-bridge.chat'] and require('claude-bridge.status').state() or nil
end

--- Sends a message in the chat that was used last, or in a new one, and shows the chat.
---@param content string|claude.ContentBlock[]
function M.send(content)
  local chat = require('claude-bridge.chat').current_or_new()
  require('claude-bridge.chat.window').open(chat)
  chat:send(content)
end

--- Shows the chat, or hides it where it is shown in this tab page.
function M.toggle()
  local window = require('claude-bridge.chat.window')
  local chat = require('claude-bridge.chat').current()
  if chat and window.of(chat) then
    window.close(chat)
  else
    vim.cmd.Claude()
  end
end

return M

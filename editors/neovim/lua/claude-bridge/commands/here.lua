--- The session that a command is about: that of the chat that was used last.
local M = {}

--- Calls back with the chat, where there is one with a session; else says so.
---@param use fun(chat: claude.Chat)
function M.with_session(use)
  local chat = require('claude-bridge.chat').current()
  if not chat or not chat.session then
    return require('claude-bridge.notify').warn('There is no session here: :Claude begins one')
  end
  use(chat)
end

--- Asks the server to change the session, and takes over what it is then.
---@param chat claude.Chat
---@param method string
---@param params table
function M.change(chat, method, params)
  params.sessionId = chat.session.id
  require('claude-bridge.client').request(method, params, function(error, result)
    if error then
      return require('claude-bridge.notify').error(error)
    end
    if vim.api.nvim_buf_is_valid(chat.buf) then
      chat:set_session(result.session)
    end
  end)
end

--- Names that begin with what was typed.
---@param names string[]
---@param lead string
---@return string[]
function M.beginning(names, lead)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

return M

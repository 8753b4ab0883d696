--- What each kind of event does to a chat. A kind that is not here is one of a newer server: it is left alone.
local blocks = require('claude-bridge.chat.blocks')
local endings = require('claude-bridge.chat.endings')
local notify = require('claude-bridge.notify')

---@type table<string, fun(chat: claude.Chat, event: claude.SessionEvent)>
local M = {}

---@type table<string, string>
local doing = {
  starting = 'Claude starts',
  requesting = 'Claude thinks',
  retrying = 'The API failed; trying again',
  compacting = 'The conversation is being summarised',
  waitingForPermission = 'Claude asks you (:ClaudeAnswer)',
  waitingForServers = 'MCP servers start',
  queued = 'Waits its turn',
  stalled = 'Claude has said nothing for long; :ClaudeInterrupt ends it',
}

--- Tools that may have changed a file that is open.
local CHANGING = { Edit = true, MultiEdit = true, Write = true, NotebookEdit = true, Bash = true, Task = true }

local function reload_buffers()
  pcall(vim.cmd, 'silent! checktime')
end

function M.turnStarted(chat, event)
  chat.turn = event.turnId
  chat.asked_by_nobody = event.origin == 'background'
  chat.spinner:show('Claude thinks')
end

function M.textDelta(chat, event)
  chat.document:speaker('assistant', event.at)
  chat.document:write(event.itemId, false, event.offset, event.text)
  chat.spinner:show(event.parentToolUseId and 'An agent writes' or 'Claude writes')
end

function M.thinkingDelta(chat, event)
  chat.document:speaker('assistant', event.at)
  chat.document:write(event.itemId, true, event.offset, event.text)
  chat.spinner:show('Claude thinks')
end

function M.message(chat, event)
  local message = event.message
  if blocks.is_persons(message) then
    chat.document:speaker('user', message.createdAt)
    chat.document:append(blocks.said_by_person(message))
  else
    chat.document:speaker('assistant', message.createdAt)
    chat.document:message(message)
  end
end

function M.toolCall(chat, event)
  chat.document:speaker('assistant', event.at)
  local nested = event.parentToolUseId ~= nil
  chat.document:append(blocks.tool(event.toolUseId, event.name, event.input, event.title, nested))
  chat.tool_names[event.toolUseId] = event.name
  chat.spinner:show(event.title)
end

function M.toolResult(chat, event)
  chat.document:result(event.toolUseId, event.content, event.isError, event.truncatedBytes)
  if CHANGING[chat.tool_names[event.toolUseId]] then
    vim.schedule(reload_buffers)
  end
end

function M.permissionRequested(chat, event)
  chat.spinner:show(doing.waitingForPermission, 'ClaudeAsking')
  require('claude-bridge.permission').add(event.permission, chat)
end

function M.permissionResolved(chat, event)
  require('claude-bridge.permission').resolved(event.permissionId)
  if chat.turn then
    chat.spinner:show('Claude thinks')
  end
end

function M.status(chat, event)
  local asking = event.status == 'waitingForPermission'
  local words = doing[event.status] or event.status
  if event.detail then
    words = ('%s: %s'):format(words, event.detail)
  end
  chat.spinner:show(words, asking and 'ClaudeAsking' or nil)
end

function M.sessionChanged(chat, event)
  local session = event.session
  chat:set_session(session)
  -- Later ones are told by the message that fails.
  if session.state == 'failed' and session.error and not chat.document.role then
    chat.document:append_note(blocks.note('error', notify.words(session.error)))
  end
end

function M.compacted(chat, event)
  local counts = event.tokensBefore and event.tokensAfter
  local said = counts and (' (%d tokens became %d)'):format(event.tokensBefore, event.tokensAfter) or ''
  chat.document:append_note(blocks.note('info', 'The conversation was summarised to make room' .. said .. '.'))
end

function M.notice(chat, event)
  chat.document:append_note(blocks.note(event.level, event.text))
end

function M.turnCompleted(chat, event)
  local turn = event.turn
  chat.turn = nil
  chat.document:close_all()
  local note = endings.of(turn)
  if note then
    chat.document:speaker('assistant', event.at)
    chat.document:append(note)
  end
  chat.document:total(turn)
  chat.spinner:stop()
  chat:refresh()
  if not chat:is_shown() then
    notify.info(('Claude: %s (%s)'):format(chat:title(), turn.stopReason))
  end
end

return M

--- A chat: a session of the server's, and the buffer that shows it.
local Document = require('claude-bridge.chat.document')
local Spinner = require('claude-bridge.chat.spinner')
local Stream = require('claude-bridge.chat.stream')
local blocks = require('claude-bridge.chat.blocks')
local client = require('claude-bridge.client')
local endings = require('claude-bridge.chat.endings')
local events = require('claude-bridge.chat.events')
local history = require('claude-bridge.chat.history')
local names = require('claude-bridge.chat.names')
local notify = require('claude-bridge.notify')
local progress = require('claude-bridge.progress')

--- For how long what happens at once is collected, in milliseconds.
local MOMENT = 30

---@class claude.Chat
---@field buf integer
---@field session? claude.Session
---@field document claude.Document
---@field spinner claude.Spinner
---@field stream claude.Stream
---@field prompt? claude.Prompt
---@field turn? string The turn that runs.
---@field asked_by_nobody boolean
---@field tool_names table<string, string>
---@field last_seq integer Up to where events are shown.
---@field token? string Under which the session is followed.
---@field loading boolean The history is still coming in.
---@field complete boolean All of the history is in.
---@field lost boolean The server is away.
---@field private again? fun() Tries once more to begin, where that has failed.
---@field private refreshing boolean
---@field private unsent (string|claude.ContentBlock[])[]
local Chat = {}
Chat.__index = Chat

---@param buf integer
---@return claude.Chat
function Chat.new(buf)
  local self = setmetatable({
    buf = buf,
    document = Document.new(buf),
    spinner = Spinner.new(buf),
    tool_names = {},
    last_seq = 0,
    asked_by_nobody = false,
    loading = false,
    complete = false,
    lost = false,
    refreshing = false,
    unsent = {},
  }, Chat)
  self.stream = Stream.new(function(event)
    self:apply(event)
  end, function(change)
    if vim.api.nvim_buf_is_valid(self.buf) then
      self.document:edit(change)
    end
  end)
  return self
end

--- What came in is put into the buffer a frame later; what is known already, not at all.
---@return fun(event: claude.SessionEvent)
function Chat:sink()
  return function(event)
    self.stream:push(event)
  end
end

---@param event claude.SessionEvent
function Chat:apply(event)
  if event.seq <= self.last_seq then
    return
  end
  self.last_seq = event.seq
  local act = events[event.kind]
  if act then
    act(self, event)
  end
end

--- Takes over what the server says of the session.
---@param session claude.Session
function Chat:set_session(session)
  self.session = session
  vim.b[self.buf].claude_bridge = { session = session.id, mode = session.mode, state = session.state }
  names.refresh(self)
  require('claude-bridge.chat.winbar').refresh(self)
end

--- Asks, a moment later, how the session is: the end of a turn says nothing of that.
function Chat:refresh()
  if self.refreshing then
    return
  end
  self.refreshing = true
  vim.defer_fn(function()
    self.refreshing = false
    if not vim.api.nvim_buf_is_valid(self.buf) or not client.get() then
      return
    end
    client.request('session/get', { sessionId = self.session.id }, function(error, result)
      if not error and vim.api.nvim_buf_is_valid(self.buf) then
        self:set_session(result.session)
      end
    end)
  end, MOMENT)
end

--- Makes a session, and begins to follow it.
---@param params? table
function Chat:create(params)
  params = vim.tbl_extend('keep', params or {}, { cwd = vim.fn.getcwd() })
  self:ask_for('claude-bridge starts', 'session/create', params)
end

--- Goes on with a session: shows what it has, and follows it.
---@param id string
function Chat:open(id)
  self:ask_for('The history is being read', 'session/get', { sessionId = id })
end

--- Asks for the session, and begins with what comes.
---@private
---@param words string What is done meanwhile.
---@param method string
---@param params table
function Chat:ask_for(words, method, params)
  self.again = nil
  self.spinner:show(words)
  client.request(method, params, function(error, result)
    if error then
      self.again = function()
        self.document:clear()
        self:ask_for(words, method, params)
      end
    end
    self:begin(error, result)
  end)
end

---@private
---@param error claude.Error?
---@param result { session: claude.Session }
function Chat:begin(error, result)
  if not vim.api.nvim_buf_is_valid(self.buf) then
    return
  end
  self.spinner:stop()
  if error then
    return self:complain(error)
  end
  self:set_session(result.session)
  history.load(self, function()
    self:send_unsent()
  end)
end

--- Says in the chat that something could not be done.
---@param error claude.Error
function Chat:complain(error)
  self.document:edit(function()
    self.document:append_note(blocks.note('error', notify.words(error)))
  end)
end

--- Ends a turn that was cut short, where no event says so.
function Chat:cut()
  self.spinner:stop()
  if not self.turn then
    return
  end
  self.turn = nil
  self.document:edit(function()
    self.document:close_all()
    self.document:append(endings.interrupted())
  end)
end

--- Sends what was said before it could be sent.
function Chat:send_unsent()
  local unsent = self.unsent
  self.unsent = {}
  for _, content in ipairs(unsent) do
    self:send(content)
  end
end

--- Why nothing can be sent, if so.
---@return string?
function Chat:read_only()
  local held = self.session and self.session.heldBy
  if held and held ~= vim.NIL then
    return ('%s runs this session (process %d on %s): it can be read here'):format(
      held.client or 'another editor',
      held.pid,
      held.host
    )
  end
end

--- Sends a message, as soon as there is a session. False where it cannot be sent.
---@param content string|claude.ContentBlock[]
---@return boolean
function Chat:send(content)
  local why_not = self:read_only()
  if why_not then
    notify.warn(why_not)
    return false
  end
  if not self.session or self.loading or self.lost then
    table.insert(self.unsent, content)
    if self.again then
      self.again()
    end
    return true
  end
  local params = { sessionId = self.session.id, content = content }
  local token ---@type string?
  if not self.token then
    token = progress.token(self:sink())
    params.partialResultToken = token
  end
  self.spinner:show(self.turn and 'Your message waits' or 'Claude starts')
  client.request('message/send', params, function(error)
    self.stream:flush()
    progress.forget(token)
    self:answered(error)
  end)
  return true
end

--- A message that led to a turn says all by its events. Without a turn there are none, and the error is all there is.
---@private
---@param error claude.Error?
function Chat:answered(error)
  if not vim.api.nvim_buf_is_valid(self.buf) then
    return
  end
  self:refresh()
  if not error then
    return
  end
  local kind = error.data and error.data.kind
  if kind == 'serverExited' and self.turn then
    return
  end
  if not self.turn then
    self.spinner:stop()
  end
  if not (error.data and error.data.turn) then
    self:complain(error)
  end
end

--- Has the conversation summarised; what comes of it is shown like a turn.
function Chat:compact()
  local params = { sessionId = self.session.id }
  local token ---@type string?
  if not self.token then
    token = progress.token(self:sink())
    params.partialResultToken = token
  end
  self.spinner:show('The conversation is being summarised')
  client.request('session/compact', params, function(error)
    progress.forget(token)
    self:answered(error)
  end)
end

---@param include_queued boolean
function Chat:interrupt(include_queued)
  if not self.session then
    return
  end
  local params = { sessionId = self.session.id, includeQueued = include_queued or nil }
  client.request('session/interrupt', params, function(error, result)
    if error then
      notify.error(error)
    elseif not result.interrupted then
      notify.info('Nothing runs in this session')
    end
  end)
end

--- The server is gone: what it was writing stays, and is marked as cut short.
function Chat:disconnected()
  self.stream:flush()
  progress.forget(self.token)
  self.token = nil
  self.lost = self.session ~= nil
  if self.turn then
    self.spinner:show('claude-bridge ended; it is being started again', 'ClaudeAsking')
  end
end

--- The server is there again: what happened in between is replayed.
function Chat:reconnected()
  if self.lost then
    self.lost = false
    history.resume(self)
  end
end

--- Whether a window shows it.
---@return boolean
function Chat:is_shown()
  return #vim.fn.win_findbuf(self.buf) > 0
end

---@return string
function Chat:title()
  local title = self.session and self.session.title or ''
  return title ~= '' and title or 'New session'
end

--- Whether anything was ever said in it.
---@return boolean
function Chat:is_blank()
  return self.session ~= nil and self.session.messageCount == 0 and self.document.role == nil and #self.unsent == 0
end

--- The buffer goes: nothing is followed any more, and a session in which nothing was said goes too.
function Chat:close()
  self.stream:close()
  self.spinner:stop()
  progress.forget(self.token)
  if self.session and client.get() then
    if self:is_blank() and not self:read_only() then
      client.request('session/delete', { sessionId = self.session.id }, function() end)
    elseif self.token and client.has('session/unsubscribe') then
      client.request('session/unsubscribe', { subscriptionToken = self.token }, function() end)
    end
  end
  self.token = nil
end

return Chat

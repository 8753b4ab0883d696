--- What a session has already: the last turns as events, so that nothing of them is missing; what was before as
--- messages, page by page, the newest first, so that the end is there at once however long the whole is.
local blocks = require('claude-bridge.chat.blocks')
local client = require('claude-bridge.client')
local notify = require('claude-bridge.notify')
local progress = require('claude-bridge.progress')

local M = {}

--- A session of no more messages is replayed from its first event.
local SHORT = 100
--- Messages in the first page, and in those that follow.
local FIRST, PAGE = 50, 80

---@param chat claude.Chat
---@return boolean
local function is_gone(chat)
  return not vim.api.nvim_buf_is_valid(chat.buf)
end

--- Follows the session from an event on.
---@param chat claude.Chat
---@param after integer
---@param done claude.Answer
local function follow(chat, after, done)
  progress.forget(chat.token)
  local token = progress.token(chat:sink())
  chat.token = token
  local params = { sessionId = chat.session.id, afterSeq = after, subscriptionToken = token }
  client.request('session/subscribe', params, function(error, result)
    if error then
      progress.forget(token)
      chat.token = nil
    elseif result.heldBy and not is_gone(chat) then
      local session = vim.tbl_extend('force', chat.session, { heldBy = result.heldBy }) --[[@as claude.Session]]
      chat:set_session(session)
    end
    done(error, result)
  end)
end

--- Where the messages begin that are to be shown as a whole: the first one of a person's. What is before it belongs to
--- a turn whose beginning is not here yet.
---@param messages claude.Message[] Oldest first.
---@return integer
local function first_whole(messages)
  for index, message in ipairs(messages) do
    if blocks.is_persons(message) then
      return index
    end
  end
  return #messages + 1
end

---@param list any[]
---@return any[]
local function reversed(list)
  local result = {}
  for index = #list, 1, -1 do
    result[#result + 1] = list[index]
  end
  return result
end

--- Reads the pages before a cursor, and puts each before what is there.
---@param chat claude.Chat
---@param cursor? string
---@param held claude.Message[] Messages of a turn whose beginning has not come yet, oldest first.
---@param done fun()
local function read_older(chat, cursor, held, done)
  if is_gone(chat) then
    return
  end
  if not cursor then
    chat.document:prepend(blocks.of_messages(held))
    return done()
  end
  local params = { sessionId = chat.session.id, order = 'desc', limit = PAGE, cursor = cursor }
  client.request('message/list', params, function(error, result)
    if error then
      notify.error(error)
      return done()
    end
    if is_gone(chat) then
      return
    end
    local messages = vim.list_extend(reversed(result.messages), held)
    local whole = first_whole(messages)
    chat.document:prepend(blocks.of_messages(vim.list_slice(messages, whole)))
    -- By the loop, so that keys and the screen have their turn between two pages.
    vim.schedule(function()
      read_older(chat, result.nextCursor, vim.list_slice(messages, 1, whole - 1), done)
    end)
  end)
end

--- Where in a page the last turn begins.
---@param messages claude.Message[] Oldest first.
---@return integer?
local function last_turn(messages)
  for index = #messages, 1, -1 do
    if blocks.is_persons(messages[index]) then
      return index
    end
  end
end

---@param chat claude.Chat
---@param page claude.MessageListResult
---@param ready fun()
local function show(chat, page, ready)
  local messages = reversed(page.messages)
  local follows = client.has('session/subscribe')
  local live = follows and last_turn(messages) or #messages + 1
  local whole = page.nextCursor and math.min(first_whole(messages), live) or 1
  chat.document:extend(blocks.of_messages(vim.list_slice(messages, whole, live - 1)))
  local held = vim.list_slice(messages, 1, whole - 1)
  local function older()
    read_older(chat, page.nextCursor, held, function()
      chat.complete = true
      vim.api.nvim_exec_autocmds('User', { pattern = 'ClaudeBridgeLoaded', data = { buf = chat.buf } })
    end)
  end
  if not follows then
    chat.last_seq = math.max(chat.last_seq, #messages > 0 and messages[#messages].seq or 0)
    ready()
    return older()
  end
  -- The event that begins a turn comes right before the one that has the person's words.
  local after = messages[live] and math.max(messages[live].seq - 2, 0) or 0
  if live <= #messages and live > 1 then
    after = math.max(after, messages[live - 1].seq)
  end
  chat.last_seq = after
  follow(chat, after, function(error)
    if error then
      notify.error(error)
    end
    ready()
    older()
  end)
end

--- Fills the chat and follows the session. `ready` is called as soon as messages can be sent.
---@param chat claude.Chat
---@param ready fun()
function M.load(chat, ready)
  chat.loading, chat.complete = true, false
  local function done()
    chat.loading = false
    if not is_gone(chat) then
      ready()
    end
  end
  if client.has('session/subscribe') and chat.session.messageCount <= SHORT then
    return follow(chat, 0, function(error)
      chat.complete = true
      if error then
        notify.error(error)
      end
      done()
    end)
  end
  client.request('message/list', { sessionId = chat.session.id, order = 'desc', limit = FIRST }, function(error, page)
    if is_gone(chat) then
      return
    end
    if error then
      chat.loading = false
      return chat:complain(error)
    end
    show(chat, page, done)
  end)
end

--- Shows a chat anew from what the server has.
---@param chat claude.Chat
---@param ready? fun()
local function rebuild(chat, ready)
  chat.document:clear()
  chat.last_seq, chat.turn, chat.tool_names = 0, nil, {}
  M.load(chat, ready or function() end)
end

--- Goes on after the server was away.
---@param chat claude.Chat
function M.resume(chat)
  if not client.has('session/subscribe') then
    chat:cut()
    return chat:send_unsent()
  end
  follow(chat, chat.last_seq, function(error)
    if is_gone(chat) then
      return
    end
    if error then
      return rebuild(chat, function()
        chat:send_unsent()
      end)
    end
    chat:send_unsent()
  end)
end

M.rebuild = rebuild

return M

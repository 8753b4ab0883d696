--- What a statusline can show of the chat that was used last.
local M = {}

---@class claude.State
---@field session? string
---@field title string
---@field state string
---@field mode? string
---@field model? string
---@field study? string What the session is about.
---@field cost number In US dollars.
---@field busy boolean
---@field asking integer How many questions of Claude's wait for you.
---@field read_only boolean

---@return claude.State?
function M.state()
  local chat = require('claude-bridge.chat').current()
  if not chat then
    return
  end
  local session = chat.session
  return {
    session = session and session.id,
    title = chat:title(),
    state = session and session.state or 'starting',
    mode = session and session.mode,
    model = session and session.model,
    study = session and session.studyId,
    cost = session and session.costUsd or 0,
    busy = chat.turn ~= nil,
    asking = require('claude-bridge.permission').count(),
    read_only = chat:read_only() ~= nil,
  }
end

---@return string
function M.text()
  local state = M.state()
  if not state then
    return ''
  end
  local parts = { 'Claude' }
  if state.mode == 'power' then
    parts[#parts + 1] = 'POWER'
  end
  parts[#parts + 1] = state.asking > 0 and 'asks you' or state.busy and 'works' or state.state
  parts[#parts + 1] = state.study
  if state.cost > 0 then
    parts[#parts + 1] = require('claude-bridge.chat.text').cost(state.cost)
  end
  return table.concat(parts, ' ')
end

return M

--- `:ClaudeSessions [words]`: sessions whose title has the words, the latest first; the chosen one is shown.
local chats = require('claude-bridge.chat')
local client = require('claude-bridge.client')
local notify = require('claude-bridge.notify')
local text = require('claude-bridge.chat.text')
local window = require('claude-bridge.chat.window')

local M = {}

local MOST = 200
local marks = { running = '●', waiting = '?', failed = '✘', idle = '○' }

---@param session claude.Session
---@return string
function M.label(session)
  local parts = { marks[session.state] or ' ', session.title ~= '' and session.title or '(no title)', '·' }
  parts[#parts + 1] = session.state
  if session.mode == 'power' then
    parts[#parts + 1] = 'POWER'
  end
  if session.studyId then
    parts[#parts + 1] = '· ' .. session.studyId
  end
  if session.heldBy then
    parts[#parts + 1] = ('(in %s)'):format(session.heldBy.client or 'another editor')
  end
  parts[#parts + 1] = '· ' .. text.age(session.lastActiveAt)
  return table.concat(parts, ' ')
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  local query = call.args ~= '' and call.args or nil
  client.request('session/list', { limit = MOST, query = query }, function(error, result)
    if error then
      return notify.error(error)
    end
    local sessions = vim.tbl_filter(function(session)
      return session.messageCount > 0
    end, result.sessions)
    if #sessions == 0 then
      return notify.info('There is no session yet: :Claude begins one')
    end
    vim.ui.select(sessions, {
      prompt = 'Sessions',
      kind = 'claude-session',
      format_item = M.label,
    }, function(session)
      if session then
        window.enter(chats.open(session.id))
      end
    end)
  end)
end

return M

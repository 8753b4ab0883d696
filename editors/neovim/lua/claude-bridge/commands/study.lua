--- `:ClaudeStudy[!] [study]`: sets the study that this session is about; with !, that it is about none.
local client = require('claude-bridge.client')
local here = require('claude-bridge.commands.here')
local notify = require('claude-bridge.notify')

local M = {}

--- How long the completion waits for the server, in milliseconds.
local PATIENCE = 500

---@class claude.StudyChoice
---@field id? string Absent: no study.

---@param lead string
---@return string[]
function M.complete(lead)
  local server = client.has('study/list') and client.get()
  local answer = server and server:request_sync('study/list', vim.empty_dict(), PATIENCE)
  local studies = answer and answer.result and answer.result.studies or {}
  return here.beginning(
    vim.tbl_map(function(study)
      return study.id
    end, studies),
    lead
  )
end

---@param chat claude.Chat
---@param choices claude.StudyChoice[]
local function choose(chat, choices)
  local now = chat.session.studyId
  vim.ui.select(choices, {
    prompt = ('The study is %s'):format(now or 'none'),
    kind = 'claude-study',
    format_item = function(choice)
      local name = choice.id or 'No study'
      return choice.id == now and name .. ' (now)' or name
    end,
  }, function(choice)
    if choice and choice.id ~= now then
      here.change(chat, 'session/setStudy', { studyId = choice.id })
    end
  end)
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    if call.bang or call.args ~= '' then
      return here.change(chat, 'session/setStudy', { studyId = not call.bang and call.args or nil })
    end
    client.request('study/list', {}, function(error, result)
      if error then
        return notify.error(error)
      end
      local choices = result.studies --[[@as claude.StudyChoice[] ]]
      if #choices == 0 and not chat.session.studyId then
        return notify.info('There are no studies here: :help claude-bridge-studies')
      end
      table.insert(choices, {})
      choose(chat, choices)
    end)
  end)
end

return M

--- `:ClaudeStudy [study]`: sets the study that this session is about.
local client = require('claude-bridge.client')
local here = require('claude-bridge.commands.here')
local notify = require('claude-bridge.notify')

local M = {}

--- Studies that the server named, for the completion.
---@type string[]
local known = {}

---@param lead string
---@return string[]
function M.complete(lead)
  return here.beginning(known, lead)
end

---@param study table
---@return string
local function label(study)
  local title = study.title or study.name
  return title and title ~= study.id and ('%s: %s'):format(study.id, title) or study.id
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    local function set(id)
      here.change(chat, 'session/setStudy', { studyId = id })
    end
    if call.args ~= '' then
      return set(call.args)
    end
    client.request('study/list', {}, function(error, result)
      if error then
        return notify.error(error)
      end
      known = vim.tbl_map(function(study)
        return study.id
      end, result.studies)
      if #known == 0 then
        return notify.info('There are no studies here: :help claude-bridge-studies')
      end
      vim.ui.select(result.studies, {
        prompt = ('The study is %s'):format(chat.session.studyId or 'none'),
        kind = 'claude-study',
        format_item = label,
      }, function(study)
        if study then
          set(study.id)
        end
      end)
    end)
  end)
end

return M

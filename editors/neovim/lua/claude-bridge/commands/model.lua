--- `:ClaudeModel [model]`: sets the model of this session.
local client = require('claude-bridge.client')
local here = require('claude-bridge.commands.here')
local notify = require('claude-bridge.notify')

local M = {}

--- Models that a server named, for the completion.
---@type claude.ModelInfo[]
local known = {}

---@param model claude.ModelInfo
---@return string
local function label(model)
  return model.description and ('%s: %s'):format(model.name, model.description) or model.name
end

---@param lead string
---@return string[]
function M.complete(lead)
  return here.beginning(
    vim.tbl_map(function(model)
      return model.id
    end, known),
    lead
  )
end

---@param chat claude.Chat
---@param models claude.ModelInfo[]
local function choose(chat, models)
  if #models == 0 then
    return notify.info('The models are known once Claude has started: send a message first, or name one')
  end
  vim.ui.select(models, {
    prompt = ('The model is %s'):format(chat.session.model or "the CLI's default"),
    kind = 'claude-model',
    format_item = label,
  }, function(model)
    if model then
      here.change(chat, 'session/setModel', { model = model.id })
    end
  end)
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    if call.args ~= '' then
      return here.change(chat, 'session/setModel', { model = call.args })
    end
    client.request('session/capabilities', { sessionId = chat.session.id }, function(error, result)
      if error then
        return notify.error(error)
      end
      known = result.models or {}
      choose(chat, known)
    end)
  end)
end

return M

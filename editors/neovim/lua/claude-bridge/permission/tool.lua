--- May Claude use this tool? With the command, or the change as a diff, before the eyes.
local choice = require('claude-bridge.permission.choice')
local float = require('claude-bridge.permission.float')
local text = require('claude-bridge.chat.text')
local tool = require('claude-bridge.chat.tool')

local M = {}

---@param asked claude.Asked
local function show(asked)
  local permission = asked.permission
  if require('claude-bridge.config').get().diff then
    asked.view = require('claude-bridge.permission.diff').show(permission)
  end
  if not asked.view then
    local lines = tool.input(permission.toolName, permission.input)
    local said = permission.description
    if said and said ~= '' then
      lines = vim.list_extend(text.lines(said), vim.list_extend({ '' }, lines))
    end
    asked.view = #lines > 0 and float.show(permission.title, lines) or nil
  end
end

---@param asked claude.Asked
---@param done fun(answer: claude.PermissionAnswer?)
function M.ask(asked, done)
  if not asked.view then
    show(asked)
  end
  local permission = asked.permission
  local choices = { { label = 'Allow once', answer = { behavior = 'allow', scope = 'once' } } }
  vim.list_extend(choices, choice.suggested(permission))
  vim.list_extend(choices, choice.denials())
  local prompt = ('Claude wants to: %s'):format(text.shorten(permission.title, 120))
  choice.choose(prompt, choices, function(answer)
    if answer and answer.behavior == 'allow' and asked.view and asked.view.updated_input then
      local changed = { updatedInput = asked.view.updated_input() }
      answer = vim.tbl_extend('force', answer, changed) --[[@as claude.PermissionAnswer]]
    end
    -- A float is in the way of the work; a diff is what a person may want to go on looking at.
    if not answer and asked.view and not asked.view.updated_input then
      asked.view.close()
      asked.view = nil
    end
    done(answer)
  end)
end

return M

--- Is this plan to be carried out?
local choice = require('claude-bridge.permission.choice')
local float = require('claude-bridge.permission.float')
local text = require('claude-bridge.chat.text')

local M = {}

---@param asked claude.Asked
---@param done fun(answer: claude.PermissionAnswer?)
function M.ask(asked, done)
  local plan = type(asked.permission.input) == 'table' and asked.permission.input.plan
  asked.view = float.show('The plan', text.lines(type(plan) == 'string' and plan or asked.permission.title))
  local choices = { { label = 'Carry out the plan', answer = { behavior = 'allow' } } }
  vim.list_extend(choices, choice.suggested(asked.permission))
  vim.list_extend(choices, choice.denials())
  choice.choose('Claude has a plan. Carry it out?', choices, function(answer)
    asked.view.close()
    asked.view = nil
    done(answer)
  end)
end

return M

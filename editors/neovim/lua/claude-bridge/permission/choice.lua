--- The choices that tools and plans have in common.
local M = {}

---@class claude.Choice
---@field label string
---@field answer? claude.PermissionAnswer
---@field explain? boolean Ask why, and tell Claude.

local scopes = { session = 'this session', project = 'this project' }

---@param permission claude.Permission
---@return claude.Choice[]
function M.suggested(permission)
  local choices = {}
  for _, suggestion in ipairs(permission.suggestions or {}) do
    local wanted = suggestion.scope == 'once' and { 'session' } or { suggestion.scope }
    if #permission.suggestions == 1 and suggestion.scope ~= 'project' then
      wanted[2] = 'project'
    end
    for _, scope in ipairs(wanted) do
      choices[#choices + 1] = {
        label = ('%s (%s)'):format(suggestion.label, scopes[scope] or scope),
        answer = { behavior = 'allow', suggestionId = suggestion.id, scope = scope },
      }
    end
  end
  return choices
end

---@return claude.Choice[]
function M.denials()
  return {
    { label = 'Deny', answer = { behavior = 'deny' } },
    { label = 'Deny, and say why…', explain = true },
  }
end

--- Lets the person choose.
---@param prompt string
---@param choices claude.Choice[]
---@param done fun(answer: claude.PermissionAnswer?)
function M.choose(prompt, choices, done)
  vim.cmd.redraw()
  vim.ui.select(choices, {
    prompt = prompt,
    kind = 'claude-permission',
    format_item = function(choice)
      return choice.label
    end,
  }, function(choice)
    if not choice or not choice.explain then
      return done(choice and choice.answer)
    end
    vim.ui.input({ prompt = 'Tell Claude why: ' }, function(why)
      done(why and { behavior = 'deny', message = why ~= '' and why or nil })
    end)
  end)
end

return M

--- What Claude asks the person. One question at a time, and never into the middle of somebody's typing. A question that
--- is dismissed stays open, and `:ClaudeAnswer` asks it again.
local client = require('claude-bridge.client')
local notify = require('claude-bridge.notify')

local M = {}

--- Between a question's arrival and its picker: in a replay its answer may follow at once.
local MOMENT = 40

---@class claude.Asked
---@field permission claude.Permission
---@field chat claude.Chat
---@field view? claude.PermissionView What is shown beside the picker.
---@field dismissed? boolean

---@class claude.PermissionView
---@field close fun()
---@field updated_input? fun(): table? The arguments, where the person has changed them.

---@type claude.Asked[]
local open = {}
---@type claude.Asked?
local asking
local waits_for_normal = false

local kinds = {
  tool = 'claude-bridge.permission.tool',
  question = 'claude-bridge.permission.question',
  plan = 'claude-bridge.permission.plan',
}

--- How many questions wait.
---@return integer
function M.count()
  return #open
end

---@param asked claude.Asked
local function close_view(asked)
  if asked.view then
    asked.view.close()
    asked.view = nil
  end
end

---@param id string
---@return claude.Asked?
local function take(id)
  for index, asked in ipairs(open) do
    if asked.permission.id == id then
      return table.remove(open, index)
    end
  end
end

---@param asked claude.Asked
---@param answer claude.PermissionAnswer
local function give(asked, answer)
  local id = asked.permission.id
  if not take(id) then
    return
  end
  client.request('permission/answer', { permissionId = id, answer = answer }, function(error)
    if error then
      notify.error(error)
    end
  end)
end

--- Asks a question. Its module calls back with the answer, or with nil where the person did not want to give one.
---@param asked claude.Asked
local function ask(asked)
  asking = asked
  local module = kinds[asked.permission.kind] or kinds.tool
  require(module).ask(asked, function(answer)
    if asking == asked then
      asking = nil
    end
    if answer then
      give(asked, answer)
      close_view(asked)
      M.next()
    elseif vim.list_contains(open, asked) then
      asked.dismissed = true
      notify.info('Claude waits for your answer: :ClaudeAnswer')
    end
  end)
end

--- Whether a picker would now come in between the person's keys.
---@return boolean
local function is_busy()
  local mode = vim.api.nvim_get_mode()
  if mode.blocking or vim.fn.getcmdwintype() ~= '' then
    return true
  end
  if mode.mode == 'n' then
    return false
  end
  local chat = require('claude-bridge.chat').of(vim.api.nvim_get_current_buf())
  local waits_in_prompt = mode.mode == 'i' and chat and chat.prompt and chat.prompt:is_empty()
  if waits_in_prompt and vim.api.nvim_get_current_buf() == chat.prompt.buf then
    vim.cmd.stopinsert()
  end
  return true
end

--- Asks as soon as the person is in Normal mode.
local function when_normal()
  if waits_for_normal then
    return
  end
  waits_for_normal = true
  local announced = vim.defer_fn(function()
    if waits_for_normal and #open > 0 then
      notify.info('Claude asks you something: leave this mode to see it')
    end
  end, 400)
  vim.api.nvim_create_autocmd('ModeChanged', {
    group = 'claude-bridge',
    pattern = '*:n',
    once = true,
    callback = function()
      waits_for_normal = false
      if not announced:is_closing() then
        announced:close()
      end
      vim.schedule(M.next)
    end,
  })
end

--- Asks the oldest open question that was not dismissed.
function M.next()
  local asked = vim.iter(open):find(function(candidate)
    return not candidate.dismissed
  end)
  if asking or not asked then
    return
  end
  if is_busy() then
    return when_normal()
  end
  ask(asked)
end

--- A question has come.
---@param permission claude.Permission
---@param chat claude.Chat
function M.add(permission, chat)
  local known = vim.iter(open):any(function(asked)
    return asked.permission.id == permission.id
  end)
  if known or chat:read_only() then
    return
  end
  table.insert(open, { permission = permission, chat = chat })
  vim.defer_fn(M.next, MOMENT)
end

--- A question needs no answer any more: somebody gave it, or nobody needs it.
---@param id string
function M.resolved(id)
  local asked = take(id)
  if asked then
    close_view(asked)
  end
  if asking and asking.permission.id == id then
    asking = nil
    vim.defer_fn(M.next, MOMENT)
  end
end

--- Nothing of a server that is gone can be answered.
function M.clear()
  for _, asked in ipairs(open) do
    close_view(asked)
  end
  open, asking = {}, nil
end

--- Asks again what was dismissed.
---@return boolean found
function M.ask_again()
  for _, asked in ipairs(open) do
    asked.dismissed = nil
  end
  asking = nil
  M.next()
  return #open > 0
end

return M

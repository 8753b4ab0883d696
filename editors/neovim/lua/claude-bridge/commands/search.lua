--- `:ClaudeSearch [words]`: searches what was ever said; the chosen message is shown in its chat.
local chats = require('claude-bridge.chat')
local client = require('claude-bridge.client')
local notify = require('claude-bridge.notify')
local text = require('claude-bridge.chat.text')
local window = require('claude-bridge.chat.window')

local M = {}

local MOST = 100

--- Shows a message, as soon as it is in the buffer.
---@param hit claude.SearchHit
local function show(hit)
  local chat = chats.open(hit.session.id)
  window.open(chat)
  if window.jump(chat, hit.message.id) then
    return
  end
  local group = vim.api.nvim_create_augroup('claude-bridge-jump', {})
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = { 'ClaudeBridgeLoaded', 'ClaudeBridgeStatus' },
    callback = vim.schedule_wrap(function()
      if not vim.api.nvim_buf_is_valid(chat.buf) then
        return pcall(vim.api.nvim_del_augroup_by_id, group)
      end
      chat.stream:flush()
      if window.jump(chat, hit.message.id) or chat.complete then
        pcall(vim.api.nvim_del_augroup_by_id, group)
      end
    end),
  })
end

---@param hit claude.SearchHit
---@return string
function M.label(hit)
  local who = hit.message.role == 'user' and 'You' or 'Claude'
  return ('%s · %s · %s: %s'):format(text.age(hit.message.createdAt), hit.session.title, who, hit.snippet)
end

---@param query string
local function search(query)
  client.request('message/search', { query = query, limit = MOST }, function(error, result)
    if error then
      return notify.error(error)
    end
    if #result.hits == 0 then
      return notify.info(('Nothing was said of %q'):format(query))
    end
    vim.ui.select(result.hits, {
      prompt = ('%d messages with %s'):format(#result.hits, query),
      kind = 'claude-search',
      format_item = M.label,
    }, function(hit)
      if hit then
        show(hit)
      end
    end)
  end)
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  if call.args ~= '' then
    return search(call.args)
  end
  vim.ui.input({ prompt = 'Search: ' }, function(query)
    if query and query ~= '' then
      search(query)
    end
  end)
end

return M

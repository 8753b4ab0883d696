--- Completion in the input: `/` for the session's commands, `@` for files. By 'omnifunc' for completion plugins and
--- CTRL-X CTRL-O, and by itself while typing.
local client = require('claude-bridge.client')
local files = require('claude-bridge.prompt.files')

local M = {}

--- Commands by session; they are known once the session's process is up.
---@type table<string, claude.CommandInfo[]>
local commands = {}

--- Between two questions for the commands while Claude starts, and how many there are.
local AGAIN, TRIES = 300, 20

--- Asks for the commands of a session, where they are not known; again, as long as its process is not up.
---@param chat? claude.Chat
---@param done? fun()
---@param tries? integer
local function learn(chat, done, tries)
  local id = chat and chat.session and chat.session.id
  if not id or commands[id] or not client.has('session/capabilities') then
    return
  end
  client.request('session/capabilities', { sessionId = id }, function(error, result)
    if not error and result.commands and #result.commands > 0 then
      commands[id] = result.commands
      if done then
        done()
      end
    elseif not error and done and (tries or TRIES) > 0 then
      vim.defer_fn(function()
        learn(chat, done, (tries or TRIES) - 1)
      end, AGAIN)
    end
  end)
end

--- What is being completed before the cursor: where it begins, and of which kind it is.
---@param before string
---@param row integer
---@return integer? start
---@return '/'|'@'|nil kind
local function subject(before, row)
  if row == 1 and before:match('^/[%w_:.-]*$') then
    return 0, '/'
  end
  local start = before:match('^.*%s()@%S*$') or before:match('^()@%S*$')
  if start then
    return start - 1, '@'
  end
end

---@param kind '/'|'@'
---@param typed string
---@param chat? claude.Chat
---@return table[] complete-items
local function items(kind, typed, chat)
  if kind == '@' then
    return vim.tbl_map(function(path)
      return { word = '@' .. path, menu = '[file]', icase = 1 }
    end, files.matching(typed))
  end
  local id = chat and chat.session and chat.session.id
  local known = vim.tbl_filter(function(command)
    return vim.startswith(command.name:lower(), typed:lower())
  end, commands[id] or {})
  return vim.tbl_map(function(command)
    local hint = command.argumentHint and command.argumentHint ~= '' and ' ' .. command.argumentHint or ''
    local info = command.description or ''
    return { word = '/' .. command.name, abbr = '/' .. command.name .. hint, menu = info:sub(1, 60), info = info }
  end, known)
end

---@return claude.Chat?
local function chat_here()
  return require('claude-bridge.chat').of(vim.api.nvim_get_current_buf())
end

---@param find_start 0|1
---@param base string
---@return integer|table[]
function M.omnifunc(find_start, base)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  if find_start == 1 then
    local start = subject(vim.api.nvim_get_current_line():sub(1, column), row)
    return start or -3
  end
  return items(base:sub(1, 1) == '/' and '/' or '@', base:sub(2), chat_here())
end

--- Shows the menu where something that can be completed stands before the cursor.
---@param prompt claude.Prompt
function M.offer(prompt)
  learn(prompt.chat)
  files.refresh()
  if vim.api.nvim_get_mode().mode ~= 'i' or vim.fn.pumvisible() == 1 then
    return
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local before = vim.api.nvim_get_current_line():sub(1, column)
  local start, kind = subject(before, row)
  if not start or not kind then
    return
  end
  local found = items(kind, before:sub(start + 2), prompt.chat)
  local typed = before:sub(start + 1)
  if #found > 0 and not (#found == 1 and found[1].word == typed) then
    vim.fn.complete(start + 1, found)
  elseif kind == '/' then
    learn(prompt.chat, function()
      if vim.api.nvim_get_current_buf() == prompt.buf then
        M.offer(prompt)
      end
    end)
  end
end

return M

--- What was sent before, in all chats: kept in a file, so that it outlives Neovim.
local M = {}

local MOST = 200

---@type string[]?
local messages

---@return string
local function path()
  return vim.fs.joinpath(vim.fn.stdpath('state') --[[@as string]], 'claude-bridge', 'messages.json')
end

---@return string[]
local function read()
  local file = io.open(path(), 'r')
  if not file then
    return {}
  end
  local text = file:read('*a')
  file:close()
  local ok, list = pcall(vim.json.decode, text)
  return ok and vim.islist(list) and list --[[@as string[] ]] or {}
end

---@param list string[]
local function write(list)
  vim.fn.mkdir(vim.fs.dirname(path()), 'p', tonumber('700', 8))
  local descriptor, problem = vim.uv.fs_open(path(), 'w', tonumber('600', 8))
  if not descriptor then
    return require('claude-bridge.notify').warn('The history of your messages is not kept: ' .. problem)
  end
  vim.uv.fs_write(descriptor, vim.json.encode(list))
  vim.uv.fs_close(descriptor)
end

--- Oldest first.
---@return string[]
function M.all()
  messages = messages or read()
  return messages
end

---@param text string
function M.add(text)
  -- Another Neovim may have added to it meanwhile.
  messages = read()
  if messages[#messages] ~= text then
    messages[#messages + 1] = text
  end
  while #messages > MOST do
    table.remove(messages, 1)
  end
  write(messages)
end

return M

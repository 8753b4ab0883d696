--- What the plugin's buffers are called: names that a person likes to read in a tab line, a list of buffers or the
--- title of a window.
local M = {}

local SCHEME = 'claude://'
local INPUT = 'Claude: '
local WIDTH = 30
--- How many inputs of one title there may be.
local MOST = 100

--- A title without what means something in a file name.
---@param title string
---@return string
local function harmless(title)
  local plain = title:gsub('[%c/\\%[%]{}%*%?%%#|<>"\'`$]', ' ')
  return (require('claude-bridge.chat.text').shorten(plain, WIDTH):gsub('^[%. ]+', ''))
end

--- The session whose id a chat's name has.
---@param name string
---@return string?
function M.session(name)
  return name:match('^' .. SCHEME .. '([^/]+)')
end

--- A buffer that has a session's name, whatever its title was then.
---@param session_id string
---@return integer?
function M.find(session_id)
  return vim.iter(vim.api.nvim_list_bufs()):find(function(buf)
    return M.session(vim.api.nvim_buf_get_name(buf)) == session_id
  end)
end

--- Whether a buffer has the name of an input and nothing else of one: a session of Neovim's leaves such.
---@param buf integer
---@return boolean
function M.is_left_of_input(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  return vim.bo[buf].buftype == ''
    and vim.startswith(vim.fs.basename(name), INPUT)
    and not vim.bo[buf].modified
    and vim.uv.fs_stat(name) == nil
end

--- Neovim keeps the name that a buffer had, as that of another buffer.
---@param name string
local function forget(name)
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if name ~= '' and not vim.api.nvim_buf_is_loaded(buf) and vim.api.nvim_buf_get_name(buf) == name then
      vim.api.nvim_buf_delete(buf, { force = true })
    end
  end
end

--- Gives a buffer a name; another one with a number where a buffer has it already.
---@param buf integer
---@param name string
function M.give(buf, name)
  if vim.b[buf].claude_bridge_name == name then
    return
  end
  local before = vim.api.nvim_buf_get_name(buf)
  for number = 1, MOST do
    if pcall(vim.api.nvim_buf_set_name, buf, number == 1 and name or ('%s (%d)'):format(name, number)) then
      break
    end
  end
  vim.b[buf].claude_bridge_name = name
  if vim.api.nvim_buf_get_name(buf) ~= before then
    forget(before)
  end
end

--- Names a chat and its input after its title.
---@param chat claude.Chat
function M.refresh(chat)
  local title = harmless(chat:title())
  if chat.session then
    M.give(chat.buf, SCHEME .. chat.session.id .. (title ~= '' and '/' .. title or ''))
  end
  if chat.prompt then
    M.give(chat.prompt.buf, INPUT .. title)
  end
end

--- Takes an input's name away, for another buffer that is to have it.
---@param buf integer
function M.yield(buf)
  local before = vim.api.nvim_buf_get_name(buf)
  vim.api.nvim_buf_set_name(buf, ('%s (%d)'):format(before, vim.uv.hrtime()))
  vim.b[buf].claude_bridge_name = nil
  forget(before)
end

return M

--- The files that `@` offers: what Git knows in this folder, or else what is found in it.
local M = {}

local MOST = 20000
local FRESH = 10000

---@type string[]
local files = {}
local folder = ''
local read_at = -FRESH
local reading = false

---@param found string[]
local function keep(found)
  files, folder, read_at, reading = found, vim.fn.getcwd(), vim.uv.now(), false
end

--- Without Git: a few levels, and no hidden folders.
local function walk()
  local found = {}
  local options = {
    depth = 6,
    skip = function(name)
      return not vim.startswith(vim.fs.basename(name), '.') and vim.fs.basename(name) ~= 'node_modules'
    end,
  }
  for name, kind in vim.fs.dir(vim.fn.getcwd(), options) do
    if kind == 'file' then
      found[#found + 1] = name
    end
    if #found >= MOST then
      break
    end
  end
  return found
end

--- Reads the list anew, in the background, unless it is fresh.
---@param done? fun()
function M.refresh(done)
  local fresh = folder == vim.fn.getcwd() and vim.uv.now() - read_at < FRESH
  if fresh or reading then
    return done and done()
  end
  reading = true
  local command = { 'git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z' }
  local started = pcall(
    vim.system,
    command,
    { cwd = vim.fn.getcwd() },
    vim.schedule_wrap(function(result)
      local listed = vim.split(result.stdout or '', '\0', { plain = true, trimempty = true })
      keep(result.code == 0 and vim.list_slice(listed, 1, MOST) or walk())
      if done then
        done()
      end
    end)
  )
  if not started then
    keep(walk())
  end
end

--- Files whose path fits what was typed, the best first.
---@param typed string
---@return string[]
function M.matching(typed)
  if typed == '' then
    return vim.list_slice(files, 1, 100)
  end
  return vim.fn.matchfuzzy(files, typed, { limit = 100 })
end

return M

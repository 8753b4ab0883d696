--- What a person can set, and what holds where they do not.
local M = {}

---@class claude.Options
---@field cmd? string[] The program and its arguments: { 'claude-bridge', '--demo' } needs no account.
---@field settings? table Keys of claude-bridge.toml in camelCase, given to the server at its start.
---@field window? claude.WindowOptions
---@field folds? { tools?: boolean, thinking?: boolean } Whether these begin closed.
---@field diff? boolean Whether edits are shown as a diff in a tab page before they are allowed.
---@field tools? boolean Whether Claude can use the editor: open files, see buffers, selection and diagnostics.
---@field complete? boolean Whether / and @ offer their completion by themselves.
---@field keys? claude.Keys|false Keys in the plugin's own buffers; false: none.

---@class claude.WindowOptions
---@field position? 'right'|'left'|'above'|'below'|'tab'
---@field size? number A part of the screen where below 1, else columns or lines.
---@field prompt_height? integer The input grows from this to three times as much.

---@class claude.Keys
---@field send? string|false In the input, Normal mode.
---@field send_insert? string|false In the input, Insert mode.
---@field interrupt? string|false In both buffers, Normal mode.
---@field previous? string|false In the input: the message before, in its first line.
---@field next? string|false In the input: the message after, in its last line.
---@field prompt? string|false In the chat: go to the input.
---@field close? string|false In the chat: hide it.

---@class claude.Settled: claude.Options
local defaults = {
  cmd = { 'claude-bridge' },
  settings = {},
  window = { position = 'right', size = 0.42, prompt_height = 3 },
  folds = { tools = true, thinking = true },
  diff = true,
  tools = true,
  complete = true,
  keys = {
    send = '<CR>',
    send_insert = '<C-s>',
    interrupt = '<C-c>',
    previous = '<Up>',
    next = '<Down>',
    prompt = 'i',
    close = 'q',
  },
}

---@type claude.Settled?
local merged

--- Options that nobody knows: `window.widht`.
---@param options table
---@return string[]
function M.unknown(options)
  local found = {}
  for key, value in pairs(options) do
    local default = defaults[key]
    if default == nil then
      found[#found + 1] = tostring(key)
    elseif type(default) == 'table' and type(value) == 'table' and key ~= 'cmd' and key ~= 'settings' then
      for inner in pairs(value) do
        if default[inner] == nil then
          found[#found + 1] = ('%s.%s'):format(key, inner)
        end
      end
    end
  end
  table.sort(found)
  return found
end

---@param key string
---@param value any
---@return boolean
local function fits(key, value)
  local default = defaults[key]
  return default == nil or type(default) == type(value) or (key == 'keys' and value == false)
end

--- Options of the wrong type: `cmd: expected table, got string`.
---@param options table
---@return string[]
function M.mistyped(options)
  local found = {}
  for key, value in pairs(options) do
    if not fits(key, value) then
      found[#found + 1] = ('%s: expected %s, got %s'):format(key, type(defaults[key]), type(value))
    end
  end
  table.sort(found)
  return found
end

---@param options table
---@return any
local function usable(options)
  local kept = {}
  for key, value in pairs(options) do
    if fits(key, value) then
      kept[key] = value
    end
  end
  return kept
end

--- What is wrong with the options, in words for people.
---@param options table
---@return string[]
function M.problems(options)
  local problems = M.mistyped(options)
  for _, key in ipairs(M.unknown(options)) do
    problems[#problems + 1] = ('there is no option %q (:help claude-bridge-options)'):format(key)
  end
  return problems
end

---@param options claude.Options
function M.set(options)
  vim.g.claude_bridge = options
  merged = nil
end

--- The options that hold.
---@return claude.Settled
function M.get()
  if not merged then
    local options = vim.g.claude_bridge or {}
    local problems = M.problems(options)
    for _, problem in ipairs(problems) do
      require('claude-bridge.notify').warn(problem)
    end
    merged = vim.tbl_deep_extend('force', defaults, usable(options)) --[[@as claude.Settled]]
  end
  return merged
end

return M

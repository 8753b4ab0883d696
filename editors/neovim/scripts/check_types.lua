-- Checks the types of `lua`, `plugin` and `scripts` by EmmyLua's language server, whose program is the argument:
-- nvim -l scripts/check_types.lua emmylua_ls. How it looks at this folder is in .emmyrc.json.
local root = vim.fs.dirname(vim.fs.dirname(vim.uv.fs_realpath(arg[0])))
local PATIENCE = 120000

--- Whether the answer is there, and the server may end.
local is_read = false

local id = assert(vim.lsp.start({
  name = 'types',
  cmd = { arg[1] },
  root_dir = root,
  workspace_folders = { { uri = vim.uri_from_fname(root), name = 'plugin' } },
  on_exit = function(code)
    assert(is_read, ('%s ended with %d'):format(arg[1], code))
  end,
}, { attach = false }))

local function client()
  local started = vim.lsp.get_client_by_id(id)
  return started and started.initialized and started or nil
end

assert(vim.wait(PATIENCE, client, 10), arg[1] .. ' does not start')
local server = assert(client())
local answer, problem = server:request_sync('workspace/diagnostic', { previousResultIds = {} }, PATIENCE)
is_read = true
assert(answer and answer.result, problem or vim.inspect(answer))
server:stop(true)
assert(
  vim.wait(PATIENCE, function()
    return vim.lsp.get_client_by_id(id) == nil
  end, 10),
  arg[1] .. ' does not end'
)

--- What is not a mistake: that something may be nil, which is said of every optional field; that a number is no
--- integer; that `pcall` takes a function of Vim's; and the functions of Neovim's loop, whose types Neovim has from
--- elsewhere.
local noise = {
  'but found .*%?`%.',
  '^Undefined field `%[',
  '`integer%??`.*`number`',
  '`number`.*`integer%??`',
  'expected `sync fun',
  'but found `%(any|string%)`',
}

---@param lines string[]
---@param item table
---@return boolean
local function counts(lines, item)
  local line = lines[item.range.start.line + 1]
  local is_loop = item.code == 'undefined-field' and line:sub(1, item.range['end'].character):match('vim%.uv%.[%w_]+$')
  return not is_loop and not vim.iter(noise):any(function(pattern)
    return item.message:match(pattern) ~= nil
  end)
end

local files, found = 0, {}
for _, report in ipairs(answer.result.items) do
  local file = vim.uri_to_fname(report.uri)
  local path = vim.fs.relpath(root, file)
  if path then
    files = files + 1
    local lines = vim.fn.readfile(file)
    for _, item in ipairs(report.items) do
      local at = item.range.start
      if counts(lines, item) then
        table.insert(found, ('%s:%d:%d: %s (%s)'):format(path, at.line + 1, at.character + 1, item.message, item.code))
      end
    end
  end
end
assert(files > 0, 'nothing was checked')
table.sort(found)
io.stdout:write(table.concat(found, '\n'), #found > 0 and '\n' or '')
os.exit(#found == 0 and 0 or 1)

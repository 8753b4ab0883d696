--- A change that Claude wants to make, as a diff in a tab page of its own. What it would write can be edited there
--- before it is allowed.
local text = require('claude-bridge.chat.text')

local M = {}

local WANTED = 'as Claude wants it'

---@class claude.Proposal
---@field path string
---@field before string[]
---@field after string[]
---@field whole boolean Whether these are all lines of the file, not only those that change.

--- The file as the editor has it, or the disk.
---@param path string
---@return string[]
local function current(path)
  local buf = vim.fn.bufnr('^' .. vim.fn.fnameescape(path) .. '$')
  if buf ~= -1 and vim.api.nvim_buf_is_loaded(buf) then
    return vim.api.nvim_buf_get_lines(buf, 0, -1, false)
  end
  local ok, lines = pcall(vim.fn.readfile, path)
  return ok and lines --[[@as string[] ]] or {}
end

---@param said string
---@param edit { old_string: string, new_string: string, replace_all?: boolean }
---@return string?
local function replaced(said, edit)
  local from, to = said:find(edit.old_string, 1, true)
  if not from or edit.old_string == '' then
    return nil
  end
  local parts, at = {}, 1
  while from do
    parts[#parts + 1] = said:sub(at, from - 1) .. edit.new_string
    at = to + 1
    from, to = nil, nil
    if edit.replace_all then
      from, to = said:find(edit.old_string, at, true)
    end
  end
  return table.concat(parts) .. said:sub(at)
end

---@param path string
---@param edits { old_string: string, new_string: string, replace_all?: boolean }[]
---@return claude.Proposal
local function of_edits(path, edits)
  local before = current(path)
  local said = table.concat(before, '\n')
  for _, edit in ipairs(edits) do
    local changed = replaced(said, edit)
    if not changed then
      -- The file is not as Claude believes it to be: all there is to show is the change itself.
      return {
        path = path,
        before = text.lines(edits[1].old_string),
        after = text.lines(edits[1].new_string),
        whole = false,
      }
    end
    said = changed
  end
  return { path = path, before = before, after = text.lines(said), whole = true }
end

---@type table<string, fun(input: table): claude.Proposal>
local proposals = {
  Edit = function(input)
    return of_edits(input.file_path, { input })
  end,
  MultiEdit = function(input)
    return of_edits(input.file_path, input.edits)
  end,
  Write = function(input)
    local after = text.lines((input.content:gsub('\n$', '')))
    return { path = input.file_path, before = current(input.file_path), after = after, whole = true }
  end,
}

---@param permission claude.Permission
---@return claude.Proposal?
function M.proposal(permission)
  local propose = proposals[permission.toolName]
  local fits, proposal = pcall(propose or error, permission.input)
  return fits and proposal or nil
end

---@param lines string[]
---@param path string
---@param said string What it is of the file.
---@param editable boolean
---@return integer
local function buffer(lines, path, said, editable)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].bufhidden = 'wipe'
  require('claude-bridge.chat.names').give(buf, ('%s %s'):format(vim.fs.basename(path), said))
  vim.bo[buf].filetype = vim.filetype.match({ filename = path }) or ''
  vim.bo[buf].modifiable = editable
  return buf
end

---@param window integer
---@param said string
local function diff_window(window, said)
  vim.api.nvim_win_call(window, vim.cmd.diffthis)
  vim.wo[window][0].winbar = (' %s '):format((said:gsub('%%', '%%%%')))
end

--- The arguments that lead to what the person has made of it.
---@param permission claude.Permission
---@param proposal claude.Proposal
---@param lines string[]
---@return table?
function M.updated_input(permission, proposal, lines)
  if vim.deep_equal(lines, proposal.after) then
    return nil
  end
  local input = vim.deepcopy(permission.input)
  local said = table.concat(lines, '\n')
  if permission.toolName == 'Write' then
    input.content = said .. (vim.endswith(permission.input.content, '\n') and '\n' or '')
  elseif permission.toolName == 'Edit' and proposal.whole then
    input.old_string = table.concat(proposal.before, '\n')
    input.new_string = said
    input.replace_all = false
  elseif permission.toolName == 'Edit' then
    input.new_string = said
  else
    input.edits = { { old_string = table.concat(proposal.before, '\n'), new_string = said } }
  end
  return input
end

--- Shows the change; nil where the tool changes no file in a way that is known.
---@param permission claude.Permission
---@return claude.PermissionView?
function M.show(permission)
  local proposal = M.proposal(permission)
  if not proposal then
    return nil
  end
  local home = vim.api.nvim_get_current_tabpage()
  local name = vim.fn.fnamemodify(proposal.path, ':.')
  local now = proposal.whole and 'as it is' or '(a part), as Claude believes it to be'
  local before = buffer(proposal.before, proposal.path, now, false)
  local after = buffer(proposal.after, proposal.path, WANTED, true)
  vim.cmd('tab sbuffer ' .. before)
  local tab = vim.api.nvim_get_current_tabpage()
  local left = vim.api.nvim_get_current_win()
  local right = vim.api.nvim_open_win(after, true, { win = left, split = 'right' })
  diff_window(left, ('%s %s'):format(name, now))
  diff_window(right, ('%s %s'):format(name, WANTED))
  return {
    close = function()
      if vim.api.nvim_tabpage_is_valid(tab) then
        local here = vim.api.nvim_get_current_tabpage() == tab
        vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(tab))
        if here and vim.api.nvim_tabpage_is_valid(home) then
          vim.api.nvim_set_current_tabpage(home)
        end
      end
    end,
    updated_input = function()
      if not vim.api.nvim_buf_is_valid(after) then
        return nil
      end
      return M.updated_input(permission, proposal, vim.api.nvim_buf_get_lines(after, 0, -1, false))
    end,
  }
end

return M

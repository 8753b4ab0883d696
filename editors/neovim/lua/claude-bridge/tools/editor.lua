--- What the tools have in common: the person's windows and files, without the plugin's own.
local M = {}

---@param window integer
---@return boolean
local function is_normal(window)
  local buf = vim.api.nvim_win_get_buf(window)
  return vim.api.nvim_win_get_config(window).relative == '' and vim.bo[buf].buftype == ''
end

--- The window that the person works in: this one, the one before, or any with a file.
---@return integer?
function M.window()
  local candidates = { vim.api.nvim_get_current_win(), vim.fn.win_getid(vim.fn.winnr('#')) }
  vim.list_extend(candidates, vim.api.nvim_tabpage_list_wins(0))
  return vim.iter(candidates):find(function(window)
    return window ~= 0 and is_normal(window)
  end)
end

---@param buf integer
---@return string?
function M.path(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  return name ~= '' and vim.bo[buf].buftype == '' and vim.fn.fnamemodify(name, ':p') or nil
end

--- An object of a schema.
---@param properties table<string, table>
---@param required? string[]
---@return table
function M.schema(properties, required)
  return {
    type = 'object',
    properties = next(properties) and properties or vim.empty_dict(),
    required = required,
  }
end

return M

--- Folds of tool calls and thoughts. They are manual ones, which cost nothing while text streams; their ranges are
--- extmarks, so that a window that comes later gets the same.
local M = {}

local namespace = vim.api.nvim_create_namespace('claude-bridge-folds')

---@param window integer
---@param ranges [integer, integer][] First and last row.
local function fold(window, ranges)
  vim.api.nvim_win_call(window, function()
    for _, range in ipairs(ranges) do
      vim.cmd(('%d,%dfold'):format(range[1] + 1, range[2] + 1))
    end
  end)
end

--- Marks ranges as folds, and folds them in the windows that show the buffer.
---@param buf integer
---@param ranges [integer, integer][]
function M.add(buf, ranges)
  if #ranges == 0 then
    return
  end
  for _, range in ipairs(ranges) do
    vim.api.nvim_buf_set_extmark(buf, namespace, range[1], 0, { end_row = range[2], end_col = 0 })
  end
  for _, window in ipairs(vim.fn.win_findbuf(buf)) do
    fold(window, ranges)
  end
end

--- Makes the folds of a window that has just got the buffer.
---@param window integer
---@param buf integer
function M.restore(window, buf)
  local ranges = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { details = true })) do
    ranges[#ranges + 1] = { mark[2], mark[4].end_row }
  end
  vim.api.nvim_win_call(window, function()
    vim.cmd('silent! normal! zE')
  end)
  fold(window, ranges)
end

---@param buf integer
function M.clear(buf)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
end

return M

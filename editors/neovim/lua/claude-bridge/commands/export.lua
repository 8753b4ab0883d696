--- `:ClaudeExport[!] [file]`: writes the session to a file, by its ending as Markdown or JSON; without a file, into a
--- new buffer.
local client = require('claude-bridge.client')
local here = require('claude-bridge.commands.here')
local notify = require('claude-bridge.notify')

local M = {}

---@param content string
---@param format string
local function into_buffer(content, format)
  vim.cmd.new()
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(content, '\n', { plain = true }))
  vim.bo.filetype = format
end

---@param path string
---@param content string
---@param replace boolean
local function into_file(path, content, replace)
  if vim.uv.fs_stat(path) and not replace then
    return notify.warn(('%s exists: add ! to replace it'):format(path))
  end
  local file, problem = io.open(path, 'w')
  if not file then
    return notify.problem(('The session could not be written: %s'):format(problem))
  end
  file:write(content)
  file:close()
  notify.info(('The session is in %s'):format(path))
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    local format = call.args:match('%.json$') and 'json' or 'markdown'
    local params = { sessionId = chat.session.id, format = format }
    client.request('session/export', params, function(error, result)
      if error then
        return notify.error(error)
      end
      if call.args == '' then
        return into_buffer(result.content, format)
      end
      into_file(vim.fn.fnamemodify(call.args, ':p'), result.content, call.bang)
    end)
  end)
end

return M

local editors = require('support.editor')

describe('the plugin', function()
  local editor

  after_each(editors.stop_all)

  it('loads nothing before it is used', function()
    editor = editors.start()
    local loaded = editor:lua([[
      return vim.tbl_filter(function(name)
        return vim.startswith(name, 'claude-bridge')
      end, vim.tbl_keys(package.loaded))
    ]])
    assert.same({}, loaded)
    assert.equal(2, editor:lua("return vim.fn.exists(':Claude')"))
  end)

  it('maps no keys but by <Plug>', function()
    editor = editors.start()
    local maps = editor:lua([[
      local found = {}
      for _, mode in ipairs({ 'n', 'x', 'i' }) do
        for _, map in ipairs(vim.api.nvim_get_keymap(mode)) do
          if (map.desc or ''):find('laude') or (map.rhs or ''):find('Claude') then found[#found + 1] = map.lhs end
        end
      end
      return found
    ]])
    for _, lhs in ipairs(maps) do
      assert.is_true(vim.startswith(lhs, '<Plug>(claude-'), lhs)
    end
  end)

  it('answers to its <Plug> maps', function()
    editor = editors.start()
    editor:lua("vim.keymap.set('n', 'gc', '<Plug>(claude-toggle)')")
    editor:type('gc')
    editor:wait("vim.bo.filetype == 'claude-prompt'")
    editor:type('gc')
    editor:wait('#vim.api.nvim_tabpage_list_wins(0) == 1')
  end)

  it('takes the selection along by its <Plug> map', function()
    editor = editors.start()
    editor:file('a.txt', { 'one', 'two', 'three' })
    editor:cmd('edit a.txt')
    editor:lua("vim.keymap.set('x', 'gc', '<Plug>(claude-ask)')")
    editor:type('jVjgc')
    editor:wait("vim.api.nvim_get_current_line() == '@a.txt:2-3 '")
    assert.equal('two\nthree\n', editor:lua("return test.chat().prompt.attachments['@a.txt:2-3'].text"))
    editor:wait('test.chat().session')
  end)

  it('is in order, by :checkhealth', function()
    editor = editors.start()
    editor:cmd('checkhealth claude-bridge')
    local report = editor:lua("return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')")
    assert.is_nil(report:find('ERROR', 1, true), report)
    assert.is_nil(report:find('WARNING', 1, true), report)
    assert.is_not_nil(report:find('protocol 1', 1, true), report)
    assert.is_not_nil(report:find('claude%-bridge %d+%.%d+%.%d+'), report)
  end)

  it('says by :checkhealth what is wrong', function()
    editor = editors.start({ plugin = { cmd = { 'no-such-program' }, windwo = {}, diff = 'yes' } })
    editor:cmd('checkhealth claude-bridge')
    local report = editor:lua("return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')")
    assert.is_not_nil(report:find('"no%-such%-program" is not in PATH'), report)
    assert.is_not_nil(report:find('there is no option "windwo"', 1, true), report)
    assert.is_not_nil(report:find('diff: expected boolean, got string', 1, true), report)
  end)

  it('has help, of which every tag is found', function()
    editor = editors.start()
    local tags = editor:lua([[
      local text = table.concat(vim.fn.readfile(vim.env.TEST_PLUGIN .. '/doc/claude-bridge.txt'), '\n')
      local found = {}
      for tag in text:gmatch('%*(%S+)%*') do found[tag] = true end
      return { defined = vim.tbl_keys(found), text = text }
    ]])
    assert.is_true(#tags.defined > 20)
    for reference in tags.text:gmatch('|([%w:<>()_.-]+)|') do
      local ours = reference:find('laude', 1, true)
      assert.is_true(not ours or vim.list_contains(tags.defined, reference), reference .. ' is no tag')
    end
    for _, command in ipairs(editor:lua('return vim.tbl_keys(vim.api.nvim_get_commands({}))')) do
      local ours = vim.startswith(command, 'Claude')
      assert.is_true(not ours or vim.list_contains(tags.defined, ':' .. command), command .. ' has no help')
    end
  end)

  --- A block of Lua of the README's that has the words in it.
  local function documented(words)
    local text = table.concat(vim.fn.readfile(editors.root .. '/README.md'), '\n')
    for block in text:gmatch('```lua\n(.-)```') do
      if block:find(words, 1, true) then
        return block
      end
    end
  end

  it('is installed by vim.pack as the README says', function()
    local home = editors.home()
    -- What vim.pack does with `load`, without the clone; it is not in Neovim 0.11.
    local stub = [[
      vim.pack = { add = function(specs, options)
        options.load({ spec = specs[1], path = vim.env.TEST_PLUGIN .. '/../..' })
      end }
    ]]
    vim.fn.writefile(vim.split(stub .. documented('vim.pack.add'), '\n'), home .. '/init.lua')
    local command = { vim.v.progpath, '--headless', '--clean', '-u', home .. '/init.lua' }
    vim.list_extend(command, { '-c', "lua io.write(vim.fn.exists(':Claude'))", '-c', 'qall!' })
    assert.equal('2', vim.system(command, { env = editors.environment(home, {}) }):wait().stdout)
  end)

  it('has the commands and the maps by which lazy.nvim loads it as the README says', function()
    editor = editors.start()
    local spec = assert(loadstring('return ' .. documented('dir =')))()
    assert.equal('editors/neovim', spec.dir:match('[^/]+/[^/]+$'))
    for _, command in ipairs(spec.cmd) do
      assert.equal(2, editor:lua('return vim.fn.exists(...)', ':' .. command), command)
    end
    for _, key in ipairs(spec.keys) do
      for _, mode in ipairs(key.mode or { 'n' }) do
        assert.is_true(editor:lua("return vim.fn.maparg(...) ~= ''", key[2], mode), key[2])
      end
    end
  end)

  it('can be set up by a function as well', function()
    editor = editors.start()
    editor:lua("require('claude-bridge').setup({ window = { position = 'below' } })")
    assert.equal('below', editor:lua("return require('claude-bridge.config').get().window.position"))
    assert.equal(3, editor:lua("return require('claude-bridge.config').get().window.prompt_height"))
  end)

  it('ends the server with the editor', function()
    editor = editors.start()
    editor:say('Hello fast')
    local pid = editor:server()
    editor:stop()
    assert.is_true(vim.wait(3000, function()
      return vim.uv.kill(pid, 0) ~= 0
    end, 10))
  end)
end)
